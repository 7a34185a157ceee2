import type { FileSource } from '../../vocabulary';
import { megabyte } from '../../quantities';

/** The content breaks its format or ends too early, so nothing can be said about the file. */
export class UnreadableError extends Error {}

/** Bytes held in memory at most; everything else is skipped as it streams by. */
const maxHeldBytes = 64 * 1024;
/** More than the largest file that a provider accepts, so nothing beyond is of interest before a request. */
const defaultMaxReadBytes = 64 * megabyte;
/** A file of many tiny parts would keep n8n busy for seconds. */
const maxSteps = 50_000;

/** Reads a file forwards, in constant memory and bounded time: n8n gives streams, not ranges. */
export class ByteReader {
	/** Counted from the start of the file. */
	position = 0;
	readonly sizeBytes: number;
	private readonly chunks: AsyncGenerator<Uint8Array, void>;
	private held: Buffer = Buffer.alloc(0);
	private steps = 0;

	/** @param maxReadBytes how far into the file it reads */
	constructor(file: FileSource, private readonly maxReadBytes = defaultMaxReadBytes) {
		this.sizeBytes = file.sizeBytes;
		this.chunks = file.open();
	}

	/** @returns the next bytes without advancing; fewer at the end of the file */
	async peek(count: number): Promise<Buffer> {
		this.step();
		if (count > maxHeldBytes) throw new UnreadableError();
		while (this.held.length < count) {
			const { value, done } = await this.chunks.next();
			if (done) break;
			this.held = this.held.length === 0 ? asBuffer(value) : Buffer.concat([this.held, value]);
		}
		return this.held.subarray(0, count);
	}

	/** @throws UnreadableError if the file ends before */
	async read(count: number): Promise<Buffer> {
		const bytes = await this.peek(count);
		if (bytes.length < count) throw new UnreadableError();
		this.advance(count);
		return bytes;
	}

	/** @returns as many of the next bytes as there are at hand, and no more than that; undefined at the end */
	async readSome(maxCount: number): Promise<Buffer | undefined> {
		this.step();
		if (this.position >= this.maxReadBytes) return undefined;
		if (this.held.length === 0) {
			const { value, done } = await this.chunks.next();
			if (done) return undefined;
			this.held = asBuffer(value);
		}
		const bytes = this.held.subarray(0, maxCount);
		this.advance(bytes.length);
		return bytes;
	}

	/** @param position from the start of the file. @throws UnreadableError if it was passed already, or is after the end */
	async skipTo(position: number): Promise<void> {
		this.step();
		const isAhead = position >= this.position && position <= Math.min(this.sizeBytes, this.maxReadBytes);
		if (!isAhead) throw new UnreadableError();
		while (this.position < position) {
			if (this.held.length === 0) {
				const { value, done } = await this.chunks.next();
				if (done) throw new UnreadableError();
				this.held = asBuffer(value);
			}
			this.advance(Math.min(this.held.length, position - this.position));
		}
	}

	/** Stops the stream. */
	async close(): Promise<void> {
		await this.chunks.return();
	}

	private advance(count: number) {
		this.held = this.held.subarray(count);
		this.position += count;
	}

	private step() {
		if (++this.steps > maxSteps) throw new UnreadableError();
	}
}

/** The same bytes, not a copy: in memory mode a chunk is the whole file. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
	Buffer.from(buffer, byteOffset, byteLength);
