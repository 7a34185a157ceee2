import { FormData } from 'undici';
import { fetchUrl, textAt, type Answer, type Stage } from './support';

export const modelIds = ['seedance-2', 'seedance-2-fast', 'seedance-2-mini', 'seedance-2.5'];

interface AskOptions {
	/** Default: the accepted key; null sends none. */
	key?: string | null;
	method?: 'GET' | 'POST' | 'DELETE';
	headers?: Record<string, string>;
}

/** One call to the simulated Apiframe; an object body is sent as JSON, a form as multipart. */
export async function ask(
	{ simulator }: Stage,
	urlPath: string,
	body?: object,
	options: AskOptions = {},
): Promise<Answer> {
	const { key = simulator.apiKey, method = body ? 'POST' : 'GET', headers } = options;
	const isJson = body !== undefined && !(body instanceof FormData);
	return await fetchUrl(simulator.baseUrls.apiframe + urlPath, {
		method,
		headers: {
			...(key !== null && { 'x-api-key': key }),
			...(isJson && { 'content-type': 'application/json' }),
			...headers,
		},
		body: body instanceof FormData ? body : body && JSON.stringify(body),
	});
}

/** Asks for a video; the parameters go into `seedanceParams`, the fields to the top level. */
export async function generate(
	on: Stage,
	seedanceParams?: object,
	fields: object = {},
	options?: AskOptions,
): Promise<Answer> {
	const body = { model: 'seedance-2', prompt: 'A cat playing piano', seedanceParams, ...fields };
	return await ask(on, '/v2/videos/generate', body, options);
}

export async function createJob(on: Stage, seedanceParams?: object, fields?: object): Promise<string> {
	return textAt((await generate(on, seedanceParams, fields)).json, 'jobId');
}

export async function readJob(on: Stage, id: string): Promise<unknown> {
	return (await ask(on, `/v2/jobs/${id}`)).json;
}

export async function uploadFile(on: Stage, bytes: Buffer, fieldName = 'file'): Promise<Answer> {
	const form = new FormData();
	form.append(fieldName, new Blob([new Uint8Array(bytes)], { type: 'text/plain' }), 'upload.bin');
	return await ask(on, '/v2/uploads', form);
}

export async function createAsset(
	on: Stage,
	url = 'https://example.com/a.png',
	type = 'image',
): Promise<string> {
	return textAt((await ask(on, '/v2/assets/create', { url, type })).json, 'assetId');
}

export const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** A refused schema, with what it says of each field. */
export const invalid = (details: Record<string, string[]>) => ({
	statusCode: 400,
	json: { error: 'Validation failed', details },
});
