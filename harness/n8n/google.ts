import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { startHostStandIn, type HostStandIn } from './hostStandIn';
import { Refusal } from './refusal';

/**
 * The parts of Google's APIs that take a video: Drive (https://developers.google.com/workspace/drive/api/guides/manage-uploads),
 * Gmail (https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send) and YouTube
 * (https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol).
 */

const host = 'www.googleapis.com';
/** All chunks of a resumable upload but the last have a multiple of this. */
const chunkUnitBytes = 256 * 1024;
const maxGmailBytes = 35_000_000;
const accessToken = 'not-a-real-token-of-google';

export interface DriveFile {
	name: string;
	parents: string[];
	mimeType: string;
	bytes: Buffer;
}

export interface Mail {
	headers: Record<string, string>;
	text: string;
	attachments: Array<{ fileName: string; contentType: string; bytes: Buffer }>;
}

export interface YouTubeVideo {
	id: string;
	title: string;
	description: string;
	privacyStatus: string;
	mimeType: string;
	bytes: Buffer;
}

export interface GoogleServer {
	/** For n8n: its own settings of a proxy and of a certificate, by which its nodes reach this server. */
	env: HostStandIn['env'];
	/** Fields of each of n8n's credential types for Google, as they are after *Sign in with Google*. */
	credentialData: Record<string, unknown>;
	files: readonly DriveFile[];
	mails: readonly Mail[];
	videos: readonly YouTubeVideo[];
	/** Hosts that were asked for and are not Google's. */
	otherHosts: readonly string[];
	/** The next request to a path is answered with this status, in the words of Google. */
	refuse(path: string, statusCode: number, message: string): void;
	close(): Promise<void>;
}

interface Answer {
	statusCode?: number;
	headers?: Record<string, string>;
	body?: object;
}

/** A resumable upload: announced by its first request, then filled by chunks. */
interface Upload {
	received: Buffer[];
	finish(bytes: Buffer): object;
}

const driveSchema = z.object({ name: z.string().min(1), parents: z.array(z.string()).length(1) }).strict();
const youTubeSchema = z.object({
	snippet: z.object({
		title: z.string().min(1).max(100).regex(/^[^<>]*$/),
		description: z.string().max(5000).default(''),
		categoryId: z.string().regex(/^\d+$/),
	}),
	status: z.object({
		privacyStatus: z.enum(['public', 'private', 'unlisted']).default('public'),
		selfDeclaredMadeForKids: z.boolean().optional(),
	}),
	recordingDetails: z.object({}).strict(),
});

/**
 * Starts Google on 127.0.0.1, behind TLS and a proxy that leads to it alone.
 *
 * @param folder gets the certificate, which is made anew
 */
export async function startGoogleServer(folder: string): Promise<GoogleServer> {
	const files: DriveFile[] = [];
	const mails: Mail[] = [];
	const videos: YouTubeVideo[] = [];
	const uploads = new Map<string, Upload>();
	const refusals = new Map<string, Refusal>();

	function begin(path: string, upload: Omit<Upload, 'received'>): Answer {
		const id = `upload-${uploads.size + 1}`;
		uploads.set(id, { ...upload, received: [] });
		return { headers: { location: `https://${host}${path}?uploadType=resumable&upload_id=${id}` } };
	}

	function takeChunk(request: IncomingMessage, query: URLSearchParams, chunk: Buffer): Answer {
		const upload = uploads.get(query.get('upload_id') ?? '');
		if (!upload) throw new Refusal(404, 'There is no such upload');
		const [, first, last, total] =
			/^bytes (\d+)-(\d+)\/(\d+)$/.exec(request.headers['content-range'] ?? '')?.map(Number) ?? [];
		if (first === undefined || last === undefined || total === undefined) throw new Refusal(400, 'No Content-Range');
		const offset = Buffer.concat(upload.received).length;
		if (first !== offset || last !== first + chunk.length - 1) throw new Refusal(400, 'Wrong Content-Range');
		const isLast = last === total - 1;
		if (!isLast && chunk.length % chunkUnitBytes !== 0) throw new Refusal(400, 'Wrong size of a chunk');
		upload.received.push(chunk);
		if (!isLast) return { statusCode: 308, headers: { range: `bytes=0-${last}` } };
		return { body: upload.finish(Buffer.concat(upload.received)) };
	}

	async function answer(request: IncomingMessage): Promise<Answer> {
		const { pathname, searchParams } = new URL(request.url ?? '/', `https://${host}`);
		const content = await buffer(request);
		const refusal = refusals.get(pathname);
		refusals.delete(pathname);
		if (refusal) throw refusal;
		// The address of an upload is a secret of its own: its chunks come without a token.
		if (request.method === 'PUT' && searchParams.has('upload_id')) return takeChunk(request, searchParams, content);
		if (request.headers.authorization !== `Bearer ${accessToken}`) throw new Refusal(401, 'Invalid Credentials');
		const mimeType = String(request.headers['x-upload-content-type']);
		const [, fileId] = /^\/drive\/v3\/files\/([^/]+)$/.exec(pathname) ?? [];
		switch (`${request.method} ${fileId === undefined ? pathname : 'a file'}`) {
			case 'POST /upload/drive/v3/files': {
				if (searchParams.get('uploadType') !== 'resumable') throw new Refusal(400, 'Only resumable uploads');
				const { name, parents } = read(driveSchema, content);
				return begin(pathname, {
					finish: (bytes) => ({ id: `file-${files.push({ name, parents, mimeType, bytes })}`, name, mimeType }),
				});
			}
			case 'PATCH a file': {
				const file = files[Number(/^file-(\d+)$/.exec(fileId ?? '')?.[1]) - 1];
				if (!file) throw new Refusal(404, 'File not found');
				return { body: { kind: 'drive#file', id: fileId, name: file.name, mimeType: file.mimeType } };
			}
			case 'GET /youtube/v3/channels':
				if (searchParams.get('mine') !== 'true') throw new Refusal(400, 'No filter selected');
				return { body: { kind: 'youtube#channelListResponse', items: [{ kind: 'youtube#channel', id: 'UC-mine' }] } };
			case 'POST /upload/youtube/v3/videos': {
				const length = Number(request.headers['x-upload-content-length']);
				const { snippet, status } = read(youTubeSchema, content);
				return begin(pathname, {
					finish(bytes) {
						if (bytes.length !== length) throw new Refusal(400, 'Not the announced length');
						const id = `video-${videos.length + 1}`;
						const { title, description } = snippet;
						videos.push({ id, title, description, privacyStatus: status.privacyStatus, mimeType, bytes });
						return { kind: 'youtube#video', id, snippet, status: { uploadStatus: 'uploaded' } };
					},
				});
			}
			case 'POST /gmail/v1/users/me/messages/send': {
				const { raw } = read(z.object({ raw: z.string().regex(/^[\w-]+$/) }), content);
				const message = Buffer.from(raw, 'base64url');
				if (message.length > maxGmailBytes) throw new Refusal(413, 'Message too large');
				const id = `mail-${mails.push(readMail(message))}`;
				return { body: { id, threadId: id, labelIds: ['SENT'] } };
			}
			default:
				throw new Refusal(404, `Not Found: ${request.method} ${pathname}`);
		}
	}

	const { env, otherHosts, close } = await startHostStandIn(folder, host, (request, response) => {
		answer(request).then(
			({ statusCode = 200, headers, body = {} }) => send(response, statusCode, body, headers),
			(error: unknown) => {
				const { statusCode, message } = error instanceof Refusal ? error : new Refusal(500, String(error));
				send(response, statusCode, { error: { code: statusCode, message, errors: [{ message, domain: 'global' }] } });
			},
		);
	});
	return {
		env,
		credentialData: {
			clientId: 'client',
			clientSecret: 'not-a-real-secret',
			oauthTokenData: { access_token: accessToken, token_type: 'Bearer' },
		},
		files,
		mails,
		videos,
		otherHosts,
		refuse(path, statusCode, message) {
			refusals.set(path, new Refusal(statusCode, message));
		},
		close,
	};
}

function send(response: ServerResponse, statusCode: number, body: object, headers: Record<string, string> = {}): void {
	response.writeHead(statusCode, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** @throws Refusal for a body that does not fit */
function read<Schema extends z.ZodTypeAny>(schema: Schema, content: Buffer): z.infer<Schema> {
	const { success, data, error } = schema.safeParse(JSON.parse(content.toString()));
	if (!success) throw new Refusal(400, `Invalid Value: ${error.message}`);
	return data as z.infer<Schema>;
}

/** A message of RFC 5322 with plain text and attachments, as n8n writes it. */
function readMail(message: Buffer): Mail {
	const { headers, body } = readPart(message.toString('latin1'));
	const boundary = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1];
	const parts = boundary === undefined ? [{ headers, body }] : body.split(`--${boundary}`).slice(1, -1).map(readPart);
	const bytesOf = (part: ReturnType<typeof readPart>) =>
		Buffer.from(part.body, part.headers['content-transfer-encoding'] === 'base64' ? 'base64' : 'latin1');
	const [text, ...attachments] = parts;
	return {
		headers,
		text: text ? bytesOf(text).toString().trim() : '',
		attachments: attachments.map((part) => ({
			fileName: /filename="?([^";]+)/.exec(part.headers['content-disposition'] ?? '')?.[1] ?? '',
			contentType: part.headers['content-type']?.split(';')[0] ?? '',
			bytes: bytesOf(part),
		})),
	};
}

function readPart(text: string): { headers: Record<string, string>; body: string } {
	const [head = '', ...rest] = text.trimStart().split('\r\n\r\n');
	const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
	const headers = lines.map((line) => {
		const colon = line.indexOf(':');
		return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
	});
	return { headers: Object.fromEntries(headers) as Record<string, string>, body: rest.join('\r\n\r\n') };
}
