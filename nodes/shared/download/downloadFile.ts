import type { IBinaryData } from 'n8n-workflow';
import { SeedanceError } from '../errors';
import { detectMediaType, extensionOfMimeType } from '../media/formats';
import { readString } from '../providers/read';
import { outcomeOf } from '../outcome';
import { type FileLink, FileTransfer, type TransferOptions } from './fileTransfer';
import { type FileAnswer, type FileContext, type FileStream, messageOf } from './openFile';
import { toMoment } from '../time';
import { TransferError } from './transferError';

export type { FileContext, FileLink };

export interface WantedFile {
	/** Without an extension; safe on every system. */
	baseName: string;
	mediaType: 'video' | 'image';
	/** How to fetch it later, as a sentence. */
	fetchLater: string;
}

const usualFormats = {
	video: { extension: 'mp4', mimeType: 'video/mp4' },
	image: { extension: 'png', mimeType: 'image/png' },
} as const;

/**
 * Streams a pre-signed link into n8n's binary store, as one stream even if the connection breaks. When that
 * fails in the end, the stream does too, and n8n removes what it has written.
 * @throws SeedanceError (download, or expired when there is no link that works)
 */
export async function downloadFile(
	context: FileContext,
	link: FileLink,
	file: WantedFile,
	options: TransferOptions,
): Promise<IBinaryData> {
	const transfer = new FileTransfer(context, link, options);
	const usualName = `${file.baseName}.${usualFormats[file.mediaType].extension}`;
	for (;;) {
		const stored = await outcomeOf(store(context, transfer, file));
		if (stored.ok) return stored.value;
		const { error } = stored;
		// Only a new stream can begin with the first byte again.
		const mayStartAgain = error instanceof TransferError && error.problem === 'changed';
		const again = mayStartAgain ? await outcomeOf(transfer.recover(error)) : stored;
		if (!again.ok) throw failed(usualName, again.error, adviceFor(again.error, link, file, options.clock.now()));
	}
}

async function store({ helpers }: FileContext, transfer: FileTransfer, file: WantedFile): Promise<IBinaryData> {
	const answer = await transfer.begin();
	const { extension, mimeType } = formatOfAnswer(answer, file);
	const stream = toStream(answer.body, transfer.read(answer));
	try {
		return await helpers.prepareBinaryData(stream, `${file.baseName}.${extension}`, mimeType);
	} finally {
		// A store may fail before it reads.
		stream.destroy();
		answer.close();
	}
}

/** Storage hosts often say nothing, or "some bytes"; what they do say must not be something else. */
function formatOfAnswer({ headers, close }: FileAnswer, { mediaType }: WantedFile) {
	const mimeType = (readString(headers['content-type']) ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
	const sentType = detectMediaType(mimeType);
	if (sentType === mediaType) {
		const extension = extensionOfMimeType(mimeType);
		return extension === undefined ? usualFormats[mediaType] : { extension, mimeType };
	}
	if (sentType === undefined && !/^(text\/|application\/(.+\+)?(json|xml)$)/.test(mimeType)) {
		return usualFormats[mediaType];
	}
	close();
	throw new TransferError('final', `the storage sent ${mimeType} instead of a ${mediaType}`);
}

/** The module `stream` is closed to nodes, but the class of a stream makes others (`Readable.from`). */
function toStream(like: FileStream, chunks: AsyncGenerator<Uint8Array>): FileStream {
	const { constructor } = like;
	return makesStreams(constructor) ? constructor.from(chunks) : like;
}

function makesStreams(value: unknown): value is { from(chunks: AsyncIterable<Uint8Array>): FileStream } {
	return typeof value === 'function' && 'from' in value && typeof value.from === 'function';
}

const paid = 'The video is finished and paid.';

/** What can still be done about a file that did not arrive. */
function adviceFor(error: unknown, link: FileLink, { fetchLater }: WantedFile, nowMs: number): string {
	const problem = problemOf(error);
	if (problem === 'tooLarge') {
		return `${paid} Raise "Maximum File Size (MB)" in the options, or use the link in videoUrl. ${fetchLater}`;
	}
	if (problem !== 'expired') return `${paid} ${fetchLater}`;
	if (link.deletedAtMs !== undefined && link.deletedAtMs <= nowMs) {
		return `The provider kept the file until ${toMoment(link.deletedAtMs)} and has no other link to it. Only a new generation, which is paid again, brings a video.`;
	}
	return `The storage of the provider refuses the link, also a new one. ${fetchLater} If it stays so, the provider has deleted the file; its support can tell.`;
}

const problemOf = (error: unknown) => (error instanceof TransferError ? error.problem : 'final');

function failed(fileName: string, error: unknown, description: string): SeedanceError {
	return new SeedanceError(`${fileName} could not be downloaded: ${messageOf(error)}`, {
		reason: problemOf(error) === 'expired' ? 'expired' : 'download',
		description,
		statusCode: error instanceof TransferError ? error.details.statusCode : undefined,
	});
}
