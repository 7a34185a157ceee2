import { cutOff, type GivenFile } from './unusable';

const nothing = Buffer.alloc(0);

/**
 * Reads a file forwards, in constant memory: a part of the stream is held only until it is read. Skipped bytes still
 * pass by, since n8n's streams begin at the start of the file.
 */
export class StreamReader {
	/** Counted from the start of the file. */
	position = 0;
	private readonly chunks: AsyncGenerator<Uint8Array, void>;
	private held: Buffer = nothing;

	constructor(
		readonly file: GivenFile,
		private readonly signal?: AbortSignal,
	) {
		this.chunks = file.source.open();
	}

	get sizeBytes() {
		return this.file.source.sizeBytes;
	}

	/** @returns the next bytes without advancing; fewer at the end of the file */
	async peek(count: number): Promise<Buffer> {
		if (this.held.length >= count) return this.held.subarray(0, count);
		const parts: Buffer[] = [this.held];
		let length = this.held.length;
		while (length < count) {
			const chunk = await this.next();
			if (!chunk) break;
			parts.push(chunk);
			length += chunk.length;
		}
		this.held = Buffer.concat(parts, length);
		return this.held.subarray(0, count);
	}

	/** @throws InputError if the file ends before */
	async read(count: number): Promise<Buffer> {
		const bytes = await this.peek(count);
		if (bytes.length < count) throw cutOff(this.file);
		this.advance(count);
		return bytes;
	}

	/** Yields the next bytes in the pieces in which they arrive. @throws InputError if the file ends before */
	async *pass(count: number): AsyncGenerator<Buffer, void> {
		let left = count;
		while (left > 0) {
			if (this.held.length === 0) this.held = (await this.next()) ?? nothing;
			if (this.held.length === 0) throw cutOff(this.file);
			const piece = this.held.subarray(0, left);
			this.advance(piece.length);
			left -= piece.length;
			yield piece;
		}
	}

	/** @param position not before the present one. @throws InputError if the file ends before */
	async skipTo(position: number): Promise<void> {
		while (this.position < position) {
			if (this.held.length === 0) this.held = (await this.next()) ?? nothing;
			if (this.held.length === 0) throw cutOff(this.file);
			this.advance(Math.min(this.held.length, position - this.position));
		}
	}

	/** Stops the stream. */
	async close(): Promise<void> {
		await this.chunks.return();
	}

	private async next(): Promise<Buffer | undefined> {
		for (;;) {
			this.signal?.throwIfAborted();
			const { value, done } = await this.chunks.next();
			if (done) return undefined;
			if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		}
	}

	private advance(count: number) {
		this.held = this.held.subarray(count);
		this.position += count;
	}
}
