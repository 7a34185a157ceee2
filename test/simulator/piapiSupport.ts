import { at, fetchUrl, textAt, type Answer, type Stage } from './support';

interface PiapiCall {
	method?: 'GET' | 'POST' | 'DELETE';
	body?: object;
	key?: string;
}

/** One authorized call to the simulated PiAPI; with a body it is a POST. */
export async function callPiapi({ simulator }: Stage, urlPath: string, options: PiapiCall = {}): Promise<Answer> {
	const { body, method = body ? 'POST' : 'GET', key = simulator.apiKey } = options;
	return await fetchUrl(simulator.baseUrls.piapi + urlPath, {
		method,
		headers: { 'X-API-Key': key, ...(body && { 'content-type': 'application/json' }) },
		body: body && JSON.stringify(body),
	});
}

export const refusal = (code: number, message: string | RegExp) => ({
	statusCode: code,
	json: { code, message: typeof message === 'string' ? message : expect.stringMatching(message) },
});

/** Puts a file on the upload host. @returns its link */
export async function host(on: Stage, fileName: string, bytes: Buffer): Promise<string> {
	const body = { file_name: fileName, file_data: bytes.toString('base64') };
	const { json } = await callPiapi(on, new URL(on.simulator.uploadUrls.piapi!).pathname, { body });
	return textAt(json, 'data', 'url');
}

export async function uploadAsset(on: Stage, body: object = {}, key?: string): Promise<Answer> {
	const request = { url: 'https://example.com/example1.png', ...body };
	return await callPiapi(on, '/api/v1/asset/upload', { body: request, key });
}

export async function assetId(on: Stage, body?: object, key?: string): Promise<string> {
	return textAt((await uploadAsset(on, body, key)).json, 'asset_id');
}

export async function getAsset(on: Stage, id: string, key?: string): Promise<Answer> {
	return await callPiapi(on, `/api/v1/asset/${id}`, { key });
}

export async function listAssets(on: Stage, query = '', key?: string): Promise<Answer> {
	return await callPiapi(on, `/api/v1/asset/list${query}`, { key });
}

/** The names of a list answer, in its order. */
export function names({ json }: Answer): unknown[] {
	const items = at(json, 'items');
	return Array.isArray(items) ? items.map((item) => at(item, 'name')) : [];
}

interface TaskOptions {
	taskType?: string;
	rest?: object;
	key?: string;
}

export async function createTask(on: Stage, input: object = {}, options: TaskOptions = {}): Promise<Answer> {
	const { taskType = 'seedance-2', rest, key } = options;
	const body = {
		model: 'seedance',
		task_type: taskType,
		input: { prompt: 'A cat playing piano', ...input },
		...rest,
	};
	return await callPiapi(on, '/api/v1/task', { body, key });
}

export async function taskId(on: Stage, input?: object, options?: TaskOptions): Promise<string> {
	return textAt((await createTask(on, input, options)).json, 'data', 'task_id');
}

export async function readTask(on: Stage, id: string, key?: string): Promise<Answer> {
	return await callPiapi(on, `/api/v1/task/${id}`, { key });
}
