import type { IExecuteFunctions } from 'n8n-workflow';

/** A Node stream, as n8n's binary store takes it. */
export type FileStream = Exclude<Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0], Buffer>;

/**
 * Nodes may not import `stream`, but the class of an existing stream can create others (`Readable.from`).
 * @returns the given stream if its class cannot
 */
export function streamLike(like: FileStream, chunks: AsyncGenerator<Uint8Array>): FileStream {
	const { constructor } = like;
	return canCreateStreams(constructor) ? constructor.from(chunks) : like;
}

function canCreateStreams(value: unknown): value is { from(chunks: AsyncIterable<Uint8Array>): FileStream } {
	return typeof value === 'function' && 'from' in value && typeof value.from === 'function';
}
