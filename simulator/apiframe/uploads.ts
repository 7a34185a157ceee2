import { randomUUID } from 'node:crypto';
import type { ApiRequest, Surroundings } from '../provider';
import { apiError, validationError } from './errors';
import { sniff } from './sniff';

const megabyte = 1024 * 1024;
const maxMegabytes = { image: 25, audio: 25, video: 50 };
/** "~1-2h" are documented; a client can count on the shorter. */
const lifeSeconds = 60 * 60;

/**
 * Takes a file and hosts it for a short time, free of charge.
 * Source: the openapi document, `POST /v2/uploads`.
 */
export async function upload(
	{ body }: ApiRequest,
	{ now, storage, workshop }: Surroundings,
): Promise<object> {
	if (body.kind === 'invalid') throw apiError(400, body.reason);
	const upload = body.kind === 'form' ? body.files.file : undefined;
	if (!upload) throw validationError({ file: ['No file uploaded'] });
	const { bytes } = upload;
	const type = sniff(bytes);
	if (!type) throw validationError({ file: ['Unsupported file type'] });
	const maxSize = maxMegabytes[type.kind];
	if (bytes.length > maxSize * megabyte) {
		throw validationError({ file: [`File too large: max ${maxSize} MB for ${type.kind}`] });
	}
	const id = randomUUID();
	const nowMs = now();
	const key = `uploads/${id}`;
	const { path } = await workshop.keep(bytes);
	const { kind, contentType } = type;
	storage.put(key, { contentType, file: async () => await Promise.resolve(path) });
	return {
		id,
		url: storage.link(key, { fromMs: nowMs, seconds: lifeSeconds }),
		kind,
		contentType,
		byteSize: bytes.length,
		expiresAt: new Date(nowMs + lifeSeconds * 1000).toISOString(),
	};
}
