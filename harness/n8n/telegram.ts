import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Response } from 'undici';

/** The part of Telegram's Bot API that sends videos; https://core.telegram.org/bots/api#sendvideo. */

const maxCaptionCharacters = 1024;
const biggestUpload = 50 * 1000 * 1000;

/** All that the method knows, except for what only goes with other kinds of video. */
const sendVideoFields = [
	...['business_connection_id', 'chat_id', 'message_thread_id', 'video', 'duration', 'width', 'height'],
	...['thumbnail', 'cover', 'start_timestamp', 'caption', 'parse_mode', 'caption_entities'],
	...['show_caption_above_media', 'has_spoiler', 'supports_streaming', 'disable_notification'],
	...['protect_content', 'allow_paid_broadcast', 'message_effect_id', 'reply_parameters', 'reply_markup'],
];

export interface TelegramPost {
	chatId: string;
	caption: string | undefined;
	fileName: string;
	mimeType: string;
	video: Buffer;
}

export interface TelegramServer {
	/** Fields of n8n's credential type `telegramApi`. */
	credentialData: { accessToken: string; baseUrl: string };
	/** What was posted, in the order of arrival. */
	posts: readonly TelegramPost[];
	close(): Promise<void>;
}

/** What Telegram answers with a status of its own. */
class Refusal extends Error {
	constructor(
		readonly statusCode: number,
		description: string,
	) {
		super(description);
	}
}

/** Starts a Bot API on 127.0.0.1 with one bot, which may post in one channel. */
export async function startTelegramServer(channel: string): Promise<TelegramServer> {
	const accessToken = '4839574812:not-a-real-token-of-a-bot';
	const posts: TelegramPost[] = [];

	async function answer(request: IncomingMessage): Promise<object> {
		const [, bot, method, ...more] = (request.url ?? '').split('/');
		if (bot !== `bot${accessToken}`) throw new Refusal(401, 'Unauthorized');
		if (more.length > 0) throw new Refusal(404, 'Not Found');
		switch (`${request.method} ${method}`) {
			case 'GET getMe':
			case 'POST getMe':
				return { id: 4839574812, is_bot: true, first_name: 'Seedance', username: 'seedance_bot' };
			case 'POST sendVideo': {
				const post = await readPost(request, channel);
				posts.push(post);
				return {
					message_id: posts.length,
					date: Math.floor(Date.now() / 1000),
					chat: { id: -1001234567890, type: 'channel', username: channel.slice(1) },
					video: { file_name: post.fileName, mime_type: post.mimeType, file_size: post.video.length },
					caption: post.caption,
				};
			}
			default:
				throw new Refusal(404, 'Not Found');
		}
	}

	const server = createServer((request, response) => {
		answer(request).then(
			(result) => send(response, 200, { ok: true, result }),
			(error: unknown) => {
				const { statusCode, message } = error instanceof Refusal ? error : new Refusal(500, String(error));
				request.resume();
				send(response, statusCode, { ok: false, error_code: statusCode, description: message });
			},
		);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
	return {
		credentialData: { accessToken, baseUrl: `http://127.0.0.1:${address.port}` },
		posts,
		async close() {
			server.close();
			server.closeAllConnections();
			await once(server, 'close');
		},
	};
}

function send(response: ServerResponse, statusCode: number, body: object): void {
	response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** @throws Refusal for what Telegram does not take */
async function readPost(request: IncomingMessage, channel: string): Promise<TelegramPost> {
	const contentType = request.headers['content-type'] ?? '';
	if (!contentType.startsWith('multipart/form-data')) {
		throw new Refusal(400, 'Bad Request: there is no video in the request');
	}
	const body = await buffer(request);
	if (body.length > biggestUpload) throw new Refusal(413, 'Request Entity Too Large');
	const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
	const unknown = [...form.keys()].filter((name) => !sendVideoFields.includes(name));
	if (unknown.length > 0) throw new Refusal(400, `Bad Request: unknown parameters ${unknown.join(', ')}`);

	const [chatId, caption = undefined, video] = ['chat_id', 'caption', 'video'].map((name) => form.get(name));
	if (chatId !== channel) throw new Refusal(400, 'Bad Request: chat not found');
	if (typeof caption === 'string' && caption.length > maxCaptionCharacters) {
		throw new Refusal(400, 'Bad Request: message caption is too long');
	}
	if (video === null || video === undefined || typeof video === 'string' || video.size === 0) {
		throw new Refusal(400, 'Bad Request: file must be non-empty');
	}
	return {
		chatId,
		caption: typeof caption === 'string' ? caption : undefined,
		fileName: video.name,
		mimeType: video.type,
		video: Buffer.from(await video.arrayBuffer()),
	};
}
