import type { IBinaryData } from 'n8n-workflow';
import { SeedanceError } from '../errors';
import { detectMediaType, extensionOfMimeType } from '../media/formats';
import { streamLike } from '../media/streams';
import { readString } from '../providers/read';
import { outcomeOf } from '../outcome';
import { type FileLink, FileTransfer, type TransferOptions } from './fileTransfer';
import { type FileAnswer, type FileContext, messageOf } from './openFile';
import { sampleAt } from '../testMode/sample';
import { toMoment } from '../time';
import { TransferError } from './transferError';

export type { FileContext, FileLink };

export interface WantedFile {
	/** Without an extension; safe on every system. */
	baseName: string;
	mediaType: 'video' | 'image';
	/** Tells the user how to fetch the file later, as a sentence. */
	fetchLater: string;
}

const usualFormats = {
	video: { extension: 'mp4', mimeType: 'video/mp4' },
	image: { extension: 'png', mimeType: 'image/png' },
} as const;

/**
 * Streams the file of a pre-signed link into n8n's binary store, as one stream even if the connection breaks and
 * resumes. If the download fails for good, the stream fails too, and n8n removes what it has written.
 * @throws SeedanceError (download, or expired if no link works)
 */
export async function downloadFile(
	context: FileContext,
	link: FileLink,
	file: WantedFile,
	options: TransferOptions,
): Promise<IBinaryData> {
	const transfer = new FileTransfer(context, link, options);
	if (options.isTestMode) return await storeSample(context, link.url, file, options.maxBytes);
	const usualName = `${file.baseName}.${usualFormats[file.mediaType].extension}`;
	for (;;) {
		const stored = await outcomeOf(store(context, transfer, file));
		if (stored.ok) return stored.value;
		const { error } = stored;
		// A restart from the first byte needs a new stream.
		const canRestart = error instanceof TransferError && error.problem === 'changed';
		const recovery = canRestart ? await outcomeOf(transfer.recover(error)) : stored;
		if (!recovery.ok) throw failed(usualName, recovery.error, adviceFor(recovery.error, link, file, options.clock.now()));
	}
}

async function storeSample({ helpers }: FileContext, url: string, { baseName }: WantedFile, maxBytes: number): Promise<IBinaryData> {
	const sample = sampleAt(url);
	if (sample && sample.bytes.length <= maxBytes) {
		return await helpers.prepareBinaryData(sample.bytes, `${baseName}.${sample.extension}`, sample.mimeType);
	}
	const why = sample ? 'the sample of Test Mode is larger than "Maximum File Size (MB)"' : 'Test Mode fetches nothing but its own samples';
	throw new SeedanceError(`${baseName} could not be downloaded: ${why}`, {
		reason: 'download',
		description: sample ? 'Raise "Maximum File Size (MB)" in the options.' : 'Choose a credential with Test Mode off.',
	});
}

async function store({ helpers }: FileContext, transfer: FileTransfer, file: WantedFile): Promise<IBinaryData> {
	const answer = await transfer.begin();
	const { extension, mimeType } = formatOfAnswer(answer, file);
	const stream = streamLike(answer.body, transfer.read(answer));
	try {
		return await helpers.prepareBinaryData(stream, `${file.baseName}.${extension}`, mimeType);
	} finally {
		// A store may fail before it reads.
		stream.destroy();
		answer.close();
	}
}

/** Storage hosts often send no type or application/octet-stream; any other type has to be that of the medium. */
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

const paid = 'The video is finished and paid.';

/** What the user can still do about a file that did not arrive, as sentences. */
function adviceFor(error: unknown, link: FileLink, { fetchLater }: WantedFile, nowMs: number): string {
	const problem = problemOf(error);
	if (problem === 'tooLarge') {
		return `${paid} Raise "Maximum File Size (MB)" in the options, or use the link in videoUrl. ${fetchLater}`;
	}
	if (problem !== 'expired') return `${paid} ${fetchLater}`;
	if (link.deletedAtMs !== undefined && link.deletedAtMs <= nowMs) {
		return `The provider kept the file until ${toMoment(link.deletedAtMs)} and has no other link to it. Only a new task, which is paid again, brings a video.`;
	}
	return `The storage of the provider refuses the link, also a new one. ${fetchLater} If that fails as well, the provider has deleted the file; its support can confirm that.`;
}

const problemOf = (error: unknown) => (error instanceof TransferError ? error.problem : 'final');

function failed(fileName: string, error: unknown, description: string): SeedanceError {
	return new SeedanceError(`${fileName} could not be downloaded: ${messageOf(error)}`, {
		reason: problemOf(error) === 'expired' ? 'expired' : 'download',
		description,
		statusCode: error instanceof TransferError ? error.details.statusCode : undefined,
	});
}
