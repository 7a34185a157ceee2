import type { Clock } from '../clock';
import { readNumber, readString } from '../providers/read';
import { megabyte } from '../quantities';
import { outcomeOf } from '../outcome';
import { type FileAnswer, type FileContext, messageOf, openFile } from './openFile';
import { maxRetryAfterMs, readRetryAfterMs, backoffMs, transientStatuses } from '../request/retry';
import { TransferError } from './transferError';
import { watchStream } from './watchStream';

const maxAttempts = 6;
const firstDelayMs = 1_000;
const maxRefreshes = 2;
/** Of one file, with all pauses and retries: 1 GB, the default of "Maximum File Size (MB)", at 280 kB a second. */
const maxTransferMs = 60 * 60_000;

export interface FileLink {
	url: string;
	/** Requests a new link to the same file, free of charge. */
	refresh?: () => Promise<string | undefined>;
	/** When the provider deletes the file, in milliseconds since the epoch, if known. */
	deletedAtMs?: number;
}

export interface TransferOptions {
	maxBytes: number;
	/** See `UrlRules`. */
	mayBePrivate: boolean;
	isTestMode?: boolean;
	clock: Clock;
	signal?: AbortSignal;
}

/** The transfer of one file: how much has arrived, and how many attempts are left. */
export class FileTransfer {
	private url: string;
	private receivedBytes = 0;
	private attempts = 1;
	private refreshes = 0;
	/** Identifies the file, to notice if another one is sent after a break. */
	private file: { etag?: string; totalBytes?: number } = {};
	private readonly endMs: number;

	constructor(
		private readonly context: FileContext,
		private readonly link: FileLink,
		private readonly options: TransferOptions,
	) {
		this.url = link.url;
		this.endMs = options.clock.monotonicMs() + maxTransferMs;
	}

	/**
	 * Requests the file from its first byte.
	 * @throws TransferError
	 */
	async begin(): Promise<FileAnswer> {
		this.receivedBytes = 0;
		const answer = await this.request({});
		const totalBytes = readNumber(answer.headers['content-length']);
		this.file = { etag: readString(answer.headers.etag), totalBytes };
		if (totalBytes === undefined || totalBytes <= this.options.maxBytes) return answer;
		answer.close();
		throw this.tooLarge(`it has ${toMegabytes(totalBytes)} MB`);
	}

	/**
	 * The bytes of the file as one sequence, however often the connection breaks.
	 * @throws TransferError
	 */
	async *read(begun: FileAnswer): AsyncGenerator<Uint8Array> {
		for (let answer: FileAnswer | undefined = begun; answer; ) {
			const broken: TransferError | undefined = yield* this.readUntilBroken(answer);
			if (!broken) return;
			// Nothing was handed on yet, so the transfer can restart, even with another file.
			if (this.receivedBytes === 0) throw new TransferError('changed', broken.message);
			await this.recover(broken);
			answer = await this.resume();
		}
	}

	/** Waits before the next attempt, or gets a new link. @throws TransferError if no attempt is left */
	async recover(error: TransferError): Promise<void> {
		const { clock, signal } = this.options;
		this.requireTime();
		if (error.problem === 'expired') {
			await this.refresh(error);
			return;
		}
		if ((error.problem !== 'broken' && error.problem !== 'changed') || this.attempts >= maxAttempts) throw error;
		const { retryAfterMs = backoffMs(firstDelayMs, this.attempts) } = error.details;
		if (retryAfterMs > maxRetryAfterMs) throw error;
		this.attempts++;
		await clock.sleep(retryAfterMs, signal);
	}

	private async refresh(error: TransferError): Promise<void> {
		const fresh = this.refreshes++ < maxRefreshes && (await outcomeOf(Promise.resolve(this.link.refresh?.())));
		// Without a different link the request would be refused again.
		if (!fresh || !fresh.ok || !fresh.value || fresh.value === this.url) throw error;
		this.url = fresh.value;
	}

	/** @returns why the stream ended early, if it did */
	private async *readUntilBroken(answer: FileAnswer): AsyncGenerator<Uint8Array, TransferError | undefined> {
		const chunks = watchStream(answer, this.options.clock);
		try {
			for (;;) {
				const next = await outcomeOf(chunks.next());
				if (!next.ok) return new TransferError('broken', messageOf(next.error));
				if (next.value.done) break;
				this.receivedBytes += next.value.value.length;
				if (this.receivedBytes > this.options.maxBytes) throw this.tooLarge(`it has more than ${toMegabytes(this.options.maxBytes)} MB`);
				this.requireTime();
				yield next.value.value;
			}
		} finally {
			await chunks.return(undefined);
		}
		const { receivedBytes, file: { totalBytes = receivedBytes } } = this;
		if (receivedBytes === totalBytes && receivedBytes > 0) return undefined;
		const why = totalBytes === 0 ? 'the file is empty' : `${receivedBytes} bytes came instead of ${totalBytes}`;
		return new TransferError(receivedBytes > totalBytes ? 'final' : 'broken', why);
	}

	/** Requests the rest of the file (RFC 9110, 14.2). @returns undefined if nothing is missing */
	private async resume(): Promise<FileAnswer | undefined> {
		const { etag, totalBytes } = this.file;
		const answer = await this.request({
			Range: `bytes=${this.receivedBytes}-`,
			// A weak tag must not be sent (RFC 9110, 13.1.5).
			...(etag?.startsWith('"') && { 'If-Range': etag }),
		});
		const { start, total } = readContentRange(answer);
		const hasSameTag = etag !== undefined && answer.headers.etag === etag;
		const hasSameLength = totalBytes === undefined || total === undefined || total === totalBytes;
		const isSameFile = hasSameTag || (hasSameLength && (etag ?? answer.headers.etag) === undefined);
		if (answer.statusCode === 206 && start === this.receivedBytes && isSameFile) {
			this.file.totalBytes = total ?? totalBytes;
			return answer;
		}
		answer.close();
		// The first answer announced more bytes than the file has.
		if (answer.statusCode === 416 && total === this.receivedBytes) return undefined;
		throw new TransferError('changed', 'the storage did not resume where the transfer broke off');
	}

	/** @returns an answer with bytes, or a 416 that says how many the file has */
	private async request(headers: Record<string, string>): Promise<FileAnswer> {
		const expected = 'Range' in headers ? [200, 206, 416] : [200];
		for (;;) {
			const { mayBePrivate, signal } = this.options;
			const answer = await outcomeOf(openFile(this.context, this.url, { headers, mayBePrivate, signal }));
			if (answer.ok && expected.includes(answer.value.statusCode)) return answer.value;
			await this.recover(answer.ok ? refusal(answer.value) : toTransferError(answer.error));
		}
	}

	/** @throws TransferError when the time is up; the reason of the signal when it has aborted */
	private requireTime(): void {
		this.options.signal?.throwIfAborted();
		if (this.options.clock.monotonicMs() < this.endMs) return;
		throw new TransferError('final', `it was not complete after ${maxTransferMs / 60_000} minutes`);
	}

	private tooLarge(what: string): TransferError {
		const limit = toMegabytes(this.options.maxBytes);
		return new TransferError('tooLarge', `${what}, and "Maximum File Size (MB)" is ${limit}`);
	}
}

function refusal({ statusCode, headers, close }: FileAnswer): TransferError {
	close();
	const problem =
		statusCode === 403 || statusCode === 410 ? 'expired' : transientStatuses.has(statusCode) ? 'broken' : 'final';
	const retryAfterMs = readRetryAfterMs(headers);
	return new TransferError(problem, `the storage answered ${statusCode}`, { statusCode, retryAfterMs });
}

function toTransferError(error: unknown): TransferError {
	return error instanceof TransferError ? error : new TransferError('broken', messageOf(error));
}

/** Parses `bytes 100-199/200` of a 206; a 416 has a star in place of the range. */
function readContentRange({ headers }: FileAnswer): { start?: number; total?: number } {
	const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(readString(headers['content-range']) ?? '') ?? [];
	return { start: readNumber(start), total: readNumber(total) };
}

const toMegabytes = (bytes: number) => Math.round((bytes / megabyte) * 10) / 10;
