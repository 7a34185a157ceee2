import { createHash, createHmac } from 'node:crypto';
import { arkAccess, type ArkAccess } from '../../simulator';
import { fetchUrl, textAt, type Answer, type Stage } from './support';

export type RegionId = 'international' | 'china';

export const seedance20 = 'dreamina-seedance-2-0-260128';
export const seedance25 = 'dreamina-seedance-2-5-260628';
export const tasksPath = '/contents/generations/tasks';

export function accessOf({ simulator }: Stage, region?: RegionId): ArkAccess {
	return arkAccess(simulator, region);
}

interface AskOptions {
	region?: RegionId;
	/** Default: the accepted key of the region; null sends none. */
	key?: string | null;
	method?: 'GET' | 'POST' | 'DELETE';
}

/** One call to the data plane. */
export async function ask(on: Stage, path: string, body?: object, options: AskOptions = {}): Promise<Answer> {
	const access = accessOf(on, options.region);
	const { key = access.apiKey, method = body ? 'POST' : 'GET' } = options;
	return await fetchUrl(access.baseUrl + path, {
		method,
		headers: {
			...(key !== null && { authorization: `Bearer ${key}` }),
			...(body && { 'content-type': 'application/json' }),
		},
		body: body && JSON.stringify(body),
	});
}

export const prompt = { type: 'text', text: 'A cat playing piano' };

export async function generate(on: Stage, fields: object = {}, options?: AskOptions): Promise<Answer> {
	return await ask(on, tasksPath, { model: seedance20, content: [prompt], duration: 5, ...fields }, options);
}

export async function createTask(on: Stage, fields?: object, options?: AskOptions): Promise<string> {
	return textAt((await generate(on, fields, options)).json, 'id');
}

export async function readTask(on: Stage, id: string, options?: AskOptions): Promise<Answer> {
	return await ask(on, `${tasksPath}/${id}`, undefined, options);
}

/** One list, a second after what came before. */
export async function listTasks(on: Stage, query = '', options?: AskOptions): Promise<Answer> {
	on.pass(1);
	return await ask(on, `${tasksPath}?${query}`, undefined, options);
}

export async function deleteTask(on: Stage, id: string, options?: AskOptions): Promise<Answer> {
	return await ask(on, `${tasksPath}/${id}`, undefined, { method: 'DELETE', ...options });
}

interface ControlOptions {
	region?: RegionId;
	/** Default: the key with all rights. */
	accessKeyId?: string;
	secretAccessKey?: string;
	signingRegion?: string;
	/** Of `X-Date`. Default: now. */
	atMs?: number;
	/** In place of the body that was signed. */
	sentBody?: string;
	headers?: Record<string, string>;
}

/** One signed call to the control plane. */
export async function control(on: Stage, action: string, body: object, options: ControlOptions = {}): Promise<Answer> {
	const access = { ...accessOf(on, options.region), ...options };
	const { controlBaseUrl, atMs = on.nowMs(), headers: extra, sentBody } = access;
	const text = JSON.stringify(body);
	const query = `Action=${action}&Version=2024-01-01`;
	const signed = sign({ ...access, query, text, host: new URL(controlBaseUrl).host, atMs });
	return await fetchUrl(`${controlBaseUrl}/?${query}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...signed, ...extra },
		body: sentBody ?? text,
	});
}

interface ToSign {
	accessKeyId: string;
	secretAccessKey: string;
	signingRegion: string;
	host: string;
	query: string;
	text: string;
	atMs: number;
}

/** The headers of a signature over host, body hash and date, as the official sample has it. */
function sign({ accessKeyId, secretAccessKey, signingRegion, host, query, text, atMs }: ToSign) {
	const hash = (value: string) => createHash('sha256').update(value).digest('hex');
	const mac = (key: string | Buffer, value: string) => createHmac('sha256', key).update(value).digest();
	const date = new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
	const day = date.slice(0, 8);
	const names = 'host;x-content-sha256;x-date';
	const canonical = `POST\n/\n${query}\nhost:${host}\nx-content-sha256:${hash(text)}\nx-date:${date}\n\n${names}\n${hash(text)}`;
	const scope = `${day}/${signingRegion}/ark/request`;
	const key = mac(mac(mac(mac(secretAccessKey, day), signingRegion), 'ark'), 'request');
	const signature = mac(key, `HMAC-SHA256\n${date}\n${scope}\n${hash(canonical)}`).toString('hex');
	return {
		'x-date': date,
		'x-content-sha256': hash(text),
		authorization: `HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
	};
}

/** A failure of the control plane. */
export const refused = (statusCode: number, code: string) => ({
	statusCode,
	json: { ResponseMetadata: { Error: { Code: code } } },
});

/** A failure of the data plane. */
export const refusedTask = (statusCode: number, code: string, message?: RegExp) => ({
	statusCode,
	json: { error: { code, ...(message && { message: expect.stringMatching(message) }) } },
});

export async function createGroup(on: Stage, options?: ControlOptions, fields: object = {}): Promise<string> {
	return textAt((await control(on, 'CreateAssetGroup', { Name: 'Mia', ...fields }, options)).json, 'Result', 'Id');
}

export async function createAsset(on: Stage, groupId: string, fields: object = {}, options?: ControlOptions): Promise<string> {
	const body = { GroupId: groupId, URL: 'https://example.com/a.png', AssetType: 'Image', ...fields };
	return textAt((await control(on, 'CreateAsset', body, options)).json, 'Result', 'Id');
}
