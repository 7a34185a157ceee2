import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { MediaFile, Workshop } from './media';
import { padMp4 } from './padMp4';
import type { PixelSize } from './pixels';

export interface VideoSpec extends PixelSize {
	durationSeconds: number;
	hasSound: boolean;
	hasWatermark: boolean;
	prompt: string;
	/** One line of text that describes the request. */
	label: string;
	/** Pictures and clips of the request, shown one after the other. */
	visuals: Array<{ mediaType: 'image' | 'video'; path: string }>;
	/** A sound of the request, used instead of a synthetic one. */
	soundtrack?: string;
	/** Default: h264. */
	codec?: 'h264' | 'h265';
	/** Default: mp4. A MOV has all colours and a sound that is not compressed. */
	container?: 'mp4' | 'mov';
}

/** What the files of a request give to its video, and the size of the first picture or clip. */
export function readMaterials(
	files: MediaFile[],
): Pick<VideoSpec, 'visuals' | 'soundtrack'> & { firstSize?: PixelSize } {
	const visuals: VideoSpec['visuals'] = [];
	let firstSize: PixelSize | undefined;
	for (const { path: file, facts } of files) {
		if (facts?.width === undefined || facts.height === undefined) continue;
		if (facts.mediaType === 'audio') continue;
		visuals.push({ mediaType: facts.mediaType, path: file });
		firstSize ??= { width: facts.width, height: facts.height };
	}
	const soundtrack = files.find(({ facts }) => facts?.mediaType === 'audio')?.path;
	return { visuals, soundtrack, firstSize };
}

const framesPerSecond = 24;
const maxVisuals = 4;

/** Fonts that systems usually have; without one the video carries no text. */
const fonts = [
	'/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
	'/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf',
	'/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf',
	'/usr/share/fonts/TTF/DejaVuSans.ttf',
	'/System/Library/Fonts/Supplemental/Arial.ttf',
	'C:\\Windows\\Fonts\\arial.ttf',
];

/** Renders videos on demand, each once. Several share a folder, so their files differ by name. */
export class Studio {
	private readonly id = randomUUID();
	private readonly videos = new Map<string, Promise<string>>();
	private readonly frames = new Map<string, Promise<string>>();
	private textFilter?: Promise<boolean>;
	private font?: Promise<string | undefined>;

	/**
	 * @param videoFile served for every video; none is rendered then
	 * @param videoBytes what each video is padded to
	 */
	constructor(
		private readonly workshop: Workshop,
		private readonly videoFile?: string,
		private readonly videoBytes?: number,
	) {}

	/** @returns the path of an MP4: H.264 unless the spec says otherwise, 24 frames per second, AAC when there is sound. */
	async video(spec: VideoSpec): Promise<string> {
		if (this.videoFile !== undefined) return this.videoFile;
		const key = createHash('sha256').update(JSON.stringify([this.id, spec])).digest('hex').slice(0, 16);
		return await once(this.videos, key, async () => await this.render(key, spec));
	}

	/** @returns the path of a PNG: the last frame of that video. */
	async lastFrame(spec: VideoSpec): Promise<string> {
		const video = await this.video(spec);
		return await once(this.frames, video, async () => {
			const png = path.join(await this.workshop.directory(), `${path.parse(video).name}.png`);
			// Every frame of the last half second is written over the one before.
			await this.workshop.ffmpeg(['-sseof', '-0.5', '-i', video, '-update', '1', png]);
			return png;
		});
	}

	private async render(key: string, spec: VideoSpec): Promise<string> {
		const folder = await this.workshop.directory();
		const { durationSeconds, hasSound, container = 'mp4' } = spec;
		const { inputs, filters } = buildPicture(spec);
		const texts = await this.writeTexts(key, spec);
		filters.push(`[picture]${[...texts, 'format=yuv420p'].join(',')}[v]`);
		const sound = hasSound ? buildSound(spec, inputs.length) : undefined;
		if (sound) filters.push(sound.filter);
		await this.workshop.ffmpeg([
			...[...inputs, ...(sound ? [sound.input] : [])].flat(),
			...['-filter_complex', filters.join(';')],
			...['-map', '[v]', ...pictureEncoding(spec), '-crf', '24', '-threads', '2'],
			...['-r', String(framesPerSecond), '-frames:v', String(framesPerSecond * durationSeconds)],
			...(sound ? ['-map', '[a]', ...(container === 'mov' ? ['-c:a', 'pcm_s16le'] : ['-c:a', 'aac', '-b:a', '128k'])] : []),
			...['-t', String(durationSeconds), '-movflags', '+faststart', `${key}.part.${container}`],
		]);
		const video = path.join(folder, `${key}.${container}`);
		const part = path.join(folder, `${key}.part.${container}`);
		if (this.videoBytes === undefined) await rename(part, video);
		else await padMp4(part, video, this.videoBytes);
		return video;
	}

	/** Copied once: ffmpeg ends on a signal when its font changes while it draws. */
	private async copyFont(): Promise<string | undefined> {
		const font = fonts.find((candidate) => existsSync(candidate));
		if (font === undefined) return undefined;
		const name = `${this.id}.ttf`;
		await copyFile(font, path.join(await this.workshop.directory(), name));
		return name;
	}

	/** Text goes through files, so that no prompt can reach ffmpeg's filter syntax. */
	private async writeTexts(key: string, spec: VideoSpec): Promise<string[]> {
		this.textFilter ??= this.workshop
			.ffmpeg(['-filters'])
			.then((filters) => filters.includes(' drawtext '));
		if (!(await this.textFilter)) return [];
		this.font ??= this.copyFont();
		const font = await this.font;
		if (font === undefined) return [];
		const folder = await this.workshop.directory();
		const margin = Math.round(spec.height / 24);
		const small = Math.round(Math.min(spec.width, spec.height) / 26);
		const large = Math.round(small * 1.5);
		const texts = [
			{ text: `SIMULATED  ${spec.label}`, size: small, x: `${margin}`, y: `${margin}` },
			{
				text: wrap(spec.prompt, Math.floor((spec.width - 2 * margin) / (large * 0.6))),
				size: large,
				x: `${margin}`,
				y: `h-th-${margin}`,
			},
			{ text: spec.hasWatermark ? 'AI generated' : '', size: small, x: `w-tw-${margin}`, y: `${margin}` },
		];
		const drawn = texts.filter(({ text }) => text !== '');
		return await Promise.all(
			drawn.map(async ({ text, size, x, y }, index) => {
				const file = `${key}.${index}.txt`;
				await writeFile(path.join(folder, file), text);
				return [
					`drawtext=fontfile=${font}:textfile=${file}:expansion=none:fontsize=${size}:x=${x}:y=${y}`,
					`fontcolor=white:shadowcolor=black@0.7:shadowx=2:shadowy=2:line_spacing=${Math.round(size / 4)}`,
				].join(':');
			}),
		);
	}
}

function pictureEncoding({ codec = 'h264', container }: VideoSpec): string[] {
	if (codec === 'h264') return ['-c:v', 'libx264', '-preset', 'veryfast', ...(container === 'mov' ? ['-pix_fmt', 'yuv444p'] : [])];
	return ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-tag:v', 'hvc1', '-x265-params', 'log-level=none'];
}

/** Drifting colours, and on top of them the visuals of the request with soft transitions. */
function buildPicture(spec: VideoSpec): { inputs: string[][]; filters: string[] } {
	const { width, height, durationSeconds: seconds } = spec;
	const visuals = spec.visuals.slice(0, maxVisuals);
	// Computed small and scaled up: smooth, and fast enough for any size.
	const small = `${Math.round(width / 32) * 2}x${Math.round(height / 32) * 2}`;
	const phase = createHash('sha256').update(spec.prompt).digest().readUInt8(0) / 40;
	const wave = (shift: number, speed: number) =>
		`'118+92*sin(${shift + phase}+3.2*X/W+${speed}*T+1.6*sin(2.6*Y/H+0.4*T+${phase}))'`;
	const colours = `geq=r=${wave(0, 0.55)}:g=${wave(2.3, 0.4)}:b=${wave(4, 0.5)}`;
	const inputs = [['-f', 'lavfi', '-i', `color=black:s=${small}:r=${framesPerSecond}:d=${seconds}`]];
	const filters = [
		`[0:v]format=gbrp,${colours},vignette,scale=${width}:${height}:flags=bicubic,` +
			'setsar=1,format=yuv420p[layer0]',
	];
	const sceneSeconds = seconds / Math.max(1, visuals.length);
	const fadeSeconds = Math.min(1, sceneSeconds / 3);
	visuals.forEach((visual, index) => {
		const startSeconds = index * sceneSeconds;
		const isLast = index === visuals.length - 1;
		const lengthSeconds = isLast ? seconds - startSeconds : sceneSeconds + fadeSeconds;
		inputs.push(
			visual.mediaType === 'video'
				? ['-stream_loop', '-1', '-t', String(lengthSeconds), '-i', visual.path]
				: ['-i', visual.path],
		);
		const scene = [
			visual.mediaType === 'video'
				? `${cover(width, height)},fps=${framesPerSecond}`
				: slowZoom(spec, Math.ceil(lengthSeconds * framesPerSecond), index % 2 === 0),
			'setsar=1,format=yuva420p',
			...(index === 0 ? [] : [`fade=t=in:st=0:d=${fadeSeconds}:alpha=1`]),
			`setpts=PTS-STARTPTS+${startSeconds}/TB`,
		];
		filters.push(`[${index + 1}:v]${scene.join(',')}[scene${index}]`);
		filters.push(`[layer${index}][scene${index}]overlay=eof_action=pass[layer${index + 1}]`);
	});
	filters.push(`[layer${visuals.length}]null[picture]`);
	return { inputs, filters };
}

/** The Ken Burns effect; the picture is enlarged first, as zoompan moves by whole pixels. */
function slowZoom({ width, height }: PixelSize, frames: number, isInwards: boolean): string {
	const zoom = isInwards ? `1+0.16*on/${frames}` : `1.16-0.16*on/${frames}`;
	return [
		`trim=end_frame=1,format=yuv420p,${cover(width * 2, height * 2)}`,
		`zoompan=z='${zoom}':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2':d=${frames}` +
			`:s=${width}x${height}:fps=${framesPerSecond}`,
	].join(',');
}

function cover(width: number, height: number): string {
	return `scale=${width}:${height}:force_original_aspect_ratio=increase,crop=${width}:${height}`;
}

/** The sound of the request, or else a quiet chord chosen by the prompt. */
function buildSound(spec: VideoSpec, inputIndex: number): { input: string[]; filter: string } {
	const { durationSeconds: seconds, soundtrack, prompt } = spec;
	const format = 'aformat=sample_rates=44100:channel_layouts=stereo';
	const fades = `afade=t=in:d=0.3,afade=t=out:st=${seconds - 0.8}:d=0.8`;
	const filter = `[${inputIndex}:a]${format},atrim=duration=${seconds},asetpts=PTS-STARTPTS,${fades}[a]`;
	if (soundtrack !== undefined) return { input: ['-stream_loop', '-1', '-i', soundtrack], filter };
	const base = 196 * 2 ** (createHash('sha256').update(prompt).digest().readUInt8(1) % 12 / 12);
	const chord = [1, 1.25, 1.5, 2].map((interval, index) => {
		const swell = `(0.6+0.4*sin(2*PI*${0.11 + 0.07 * index}*t+${index}))`;
		return `0.09*sin(2*PI*${(base * interval).toFixed(2)}*t)*${swell}`;
	});
	const source = `aevalsrc=exprs='${chord.join('+')}':s=44100:d=${seconds}`;
	return { input: ['-f', 'lavfi', '-i', source], filter };
}

/** The first words, on at most two lines, in the characters that the fonts have. */
function wrap(prompt: string, charactersPerLine: number): string {
	const words = prompt.replace(/[^\x20-\x7E\u00A0-\u024F]+/g, ' ').split(' ').filter(Boolean);
	const lines: string[] = [];
	let line = '';
	for (const word of words) {
		const longer = `${line} ${word}`.trim();
		if (longer.length <= charactersPerLine) {
			line = longer;
		} else if (lines.length === 1) {
			line += ' …';
			break;
		} else {
			lines.push(line);
			line = word.slice(0, charactersPerLine);
		}
	}
	return [...lines, line].join('\n').trim();
}

async function once<T>(
	cache: Map<string, Promise<T>>,
	key: string,
	make: () => Promise<T>,
): Promise<T> {
	const found = cache.get(key) ?? make();
	cache.set(key, found);
	return await found;
}
