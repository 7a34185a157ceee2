import type { MultipartBody } from '../providers/adapter';
import type { FileSource } from '../vocabulary';

/** @returns a form whose file is read while it is sent, not before */
export function toFormData({ fields, file }: MultipartBody): FormData {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields)) form.append(name, value);
	// No third argument: with one, FormData copies the file.
	form.append(file.fieldName, new StreamedFile(file.source));
	return form;
}

/** A File of known size that streams from its source instead of holding its bytes. */
class StreamedFile extends File {
	constructor(private readonly source: FileSource) {
		super([], source.fileName, { type: source.mimeType });
	}

	override get size() {
		return this.source.sizeBytes;
	}

	override stream() {
		const chunks = this.source.open();
		return new ReadableStream<Uint8Array<ArrayBuffer>>({
			async pull(controller) {
				const next = await chunks.next();
				if (next.done) controller.close();
				else controller.enqueue(new Uint8Array(next.value));
			},
			async cancel() {
				await chunks.return();
			},
		});
	}
}
