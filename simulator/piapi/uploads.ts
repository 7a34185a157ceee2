import { randomUUID } from 'node:crypto';
import { decodeBase64, decodeDataUri } from '../media';
import type { ApiRequest, Surroundings } from '../provider';
import { invalid, readBody, refuse } from './errors';
import { extensionOf } from './files';
import type { PiapiOptions } from './options';

/** In reality on a host of its own, upload.theapi.app. */
export const uploadPath = '/api/ephemeral_resource';

const contentTypes = new Map([
	['jpg', 'image/jpeg'],
	['jpeg', 'image/jpeg'],
	['png', 'image/png'],
	['webp', 'image/webp'],
	['mp4', 'video/mp4'],
	['mp3', 'audio/mpeg'],
	['wav', 'audio/wav'],
]);
const maxBytes = 10 * 1024 * 1024;
const maxNameLength = 128;
const lifeSeconds = 24 * 60 * 60;

/** Puts a file on the ephemeral storage, under a public link. Rules as clients report them. */
export async function uploadFile(
	{ body: sent }: ApiRequest,
	{ storage, workshop }: Surroundings,
	{ plan, uploadAnswer = 'wrapped' }: PiapiOptions,
): Promise<object> {
	if (plan === 'free') throw refuse(403, 'your plan not allowed to upload');
	const { file_name: name, file_data: data } = readBody(sent, ['file_name', 'file_data']);
	if (typeof name !== 'string' || name === '') throw invalid("'file_name' is required");
	if (typeof data !== 'string' || data === '') throw invalid("'file_data' is required");
	const extension = extensionOf(name);
	const contentType = contentTypes.get(extension);
	if (contentType === undefined || name.length > maxNameLength) {
		const known = [...contentTypes.keys()].join(', ');
		throw invalid(`'file_name' must end in one of ${known} and have at most ${maxNameLength} characters`);
	}
	const bytes = decodeDataUri(data)?.bytes ?? decodeBase64(data);
	if (!bytes) throw invalid("'file_data' must be Base64");
	if (bytes.length > maxBytes) throw invalid('the file must not exceed 10 MB');

	const { path } = await workshop.keep(bytes);
	const key = `ephemeral/${randomUUID()}.${extension}`;
	storage.put(key, { contentType, file: async () => await Promise.resolve(path) });
	const url = storage.link(key, { seconds: lifeSeconds });
	return uploadAnswer === 'plain' ? { url } : { code: 200, data: { url }, message: 'success' };
}
