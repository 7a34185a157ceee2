import type { IHttpRequestOptions } from 'n8n-workflow';
import { outcomeOf } from '../outcome';
import { InlineFile, type MultipartBody, type ProviderRequest } from '../providers/adapter';
import type { FileSource } from '../vocabulary';
import { isObject } from '../providers/read';
import { StreamedJson } from './streamedJson';
import { toFormData } from './multipart';

type Body = NonNullable<ProviderRequest['body']>;

/** A body as n8n's request helper takes it; a file in it is read while it is sent, not before. */
export interface HttpBody {
	options: Pick<IHttpRequestOptions, 'body' | 'json'>;
	hasFile: boolean;
	/** Why a file could not be sent in full: the request was incomplete, so the provider cannot have accepted it. */
	fileProblem(): string | undefined;
}

/** Turns the body of an adapter into options of n8n's request helper, and watches the files in it. */
export function toHttpBody(body: Body): HttpBody {
	let problem: string | undefined;
	const watch = (source: FileSource): FileSource => ({
		...source,
		async *open() {
			let sentBytes = 0;
			const chunks = source.open();
			try {
				for (;;) {
					const chunk = await outcomeOf(chunks.next());
					if (!chunk.ok) problem = `the file ${source.fileName} could not be read`;
					else if (!chunk.value.done) {
						sentBytes += chunk.value.value.length;
						yield chunk.value.value;
						continue;
					} else if (sentBytes !== source.sizeBytes) {
						problem = `the file ${source.fileName} has ${sentBytes} bytes instead of ${source.sizeBytes}`;
					}
					if (problem !== undefined) throw new Error(problem);
					return;
				}
			} finally {
				await chunks.return();
			}
		},
	});
	const hasFile = isMultipart(body) || holdsFile(body);
	const options = isMultipart(body)
		? { body: toFormData({ ...body, file: { ...body.file, source: watch(body.file.source) } }), json: false }
		: { body: hasFile ? new StreamedJson(body, watch) : body, json: true };
	return { options, hasFile, fileProblem: () => problem };
}

function isMultipart(body: Body): body is MultipartBody {
	return 'file' in body && isObject(body.file) && 'fields' in body;
}

function holdsFile(value: unknown): boolean {
	if (value instanceof InlineFile) return true;
	if (Array.isArray(value)) return value.some(holdsFile);
	return isObject(value) && Object.values(value).some(holdsFile);
}
