import type { MediaType } from '../media';

const types: ReadonlyArray<[kind: MediaType, contentType: string, start: RegExp]> = [
	['image', 'image/png', /^\x89PNG\r\n\x1A\n/],
	['image', 'image/jpeg', /^\xFF\xD8\xFF/],
	['image', 'image/webp', /^RIFF.{4}WEBP/s],
	['image', 'image/gif', /^GIF8[79]a/],
	['video', 'video/quicktime', /^.{4}ftypqt {2}/s],
	['audio', 'audio/mp4', /^.{4}ftypM4A /s],
	['video', 'video/mp4', /^.{4}ftyp(iso|mp4|avc1|M4V |MSNV|dash)/s],
	['video', 'video/webm', /^\x1A\x45\xDF\xA3.*webm/s],
	['audio', 'audio/mpeg', /^(ID3|\xFF[\xFB\xF3\xF2])/],
	['audio', 'audio/wav', /^RIFF.{4}WAVE/s],
	['audio', 'audio/ogg', /^OggS/],
];

/** What a file is by its first bytes; undefined for what the document of uploads does not list. */
export function sniff(bytes: Buffer): { kind: MediaType; contentType: string } | undefined {
	const head = bytes.toString('latin1', 0, 64);
	const found = types.find(([, , start]) => start.test(head));
	return found && { kind: found[0], contentType: found[1] };
}
