import { base64Length, encodeBase64 } from '../media/base64';
import { InlineFile } from '../providers/adapter';
import type { FileSource } from '../vocabulary';
import { isObject } from '../providers/read';

type Part = Uint8Array<ArrayBuffer> | FileSource;

/**
 * JSON of known size that contains files as base64. A Blob, because n8n and axios stream one with its type and
 * length, so that no file is ever held in memory as a whole.
 */
export class StreamedJson extends Blob {
	/** Enumerable on purpose: n8n drops a body that has no own properties. */
	readonly parts: readonly Part[];

	/** @param watch wraps each file that will be read */
	constructor(value: unknown, watch: (source: FileSource) => FileSource = (source) => source) {
		super([], { type: 'application/json' });
		this.parts = [...partsOf(value)].map((part) => (part instanceof Uint8Array ? part : watch(part)));
	}

	override get size() {
		return this.parts.reduce(
			(sum, part) => sum + (part instanceof Uint8Array ? part.length : base64Length(part.sizeBytes)),
			0,
		);
	}

	override stream() {
		const chunks = streamParts(this.parts);
		return new ReadableStream<Uint8Array<ArrayBuffer>>(
			{
				async pull(controller) {
					const next = await chunks.next();
					if (next.done) controller.close();
					else controller.enqueue(next.value);
				},
				async cancel() {
					await chunks.return();
				},
			},
			// Nothing is read ahead.
			{ highWaterMark: 0 },
		);
	}
}

async function* streamParts(parts: readonly Part[]): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
	for (const part of parts) {
		if (part instanceof Uint8Array) yield part;
		else yield* encodeBase64(part.open());
	}
}

/** The text as JSON.stringify writes it, split at the files. */
function* partsOf(value: unknown): Generator<Part, void> {
	let text = '';
	for (const piece of piecesOf(value)) {
		if (typeof piece === 'string') {
			text += piece;
			continue;
		}
		yield toBytes(text);
		yield piece;
		text = '';
	}
	yield toBytes(text);
}

function* piecesOf(value: unknown): Generator<string | FileSource, void> {
	if (value instanceof InlineFile) {
		const { source, form } = value;
		yield form === 'dataUri' ? JSON.stringify(`data:${source.mimeType};base64,`).slice(0, -1) : '"';
		yield source;
		yield '"';
	} else if (Array.isArray(value)) {
		for (const [index, item] of value.entries()) {
			yield index === 0 ? '[' : ',';
			yield* piecesOf(item ?? null);
		}
		yield value.length === 0 ? '[]' : ']';
	} else if (isObject(value)) {
		const entries = Object.entries(value).filter(([, item]) => item !== undefined);
		for (const [index, [key, item]] of entries.entries()) {
			yield `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`;
			yield* piecesOf(item);
		}
		yield entries.length === 0 ? '{}' : '}';
	} else yield JSON.stringify(value);
}

const toBytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
