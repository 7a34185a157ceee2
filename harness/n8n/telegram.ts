import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Response } from 'undici';
import { z } from 'zod';
import { listen } from '../listen';
import { Refusal } from './refusal';

/** The part of Telegram's Bot API that sends videos and questions; https://core.telegram.org/bots/api#sendvideo. */

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
	/** Under which the same bot sends the same video again, without its bytes. */
	fileId: string;
	fileName: string;
	mimeType: string;
	video: Buffer;
}

export interface TelegramQuestion {
	chatId: string;
	text: string;
	/** The address behind each button, by its label. */
	buttons: Record<string, string>;
}

export interface TelegramServer {
	/** Fields of n8n's credential type `telegramApi`. */
	credentialData: { accessToken: string; baseUrl: string };
	/** What was posted, in the order of arrival. */
	posts: readonly TelegramPost[];
	questions: readonly TelegramQuestion[];
	close(): Promise<void>;
}

/** Starts a Bot API on 127.0.0.1 with one bot, which may post in these channels and chats. */
export async function startTelegramServer(...chats: string[]): Promise<TelegramServer> {
	const accessToken = '4839574812:not-a-real-token-of-a-bot';
	const posts: TelegramPost[] = [];
	const questions: TelegramQuestion[] = [];

	async function answer(request: IncomingMessage): Promise<object> {
		const [, bot, method, ...more] = (request.url ?? '').split('/');
		if (bot !== `bot${accessToken}`) throw new Refusal(401, 'Unauthorized');
		if (more.length > 0) throw new Refusal(404, 'Not Found');
		switch (`${request.method} ${method}`) {
			case 'GET getMe':
			case 'POST getMe':
				return { id: 4839574812, is_bot: true, first_name: 'Seedance', username: 'seedance_bot' };
			case 'POST sendVideo': {
				const post = await readPost(request, chats, posts);
				posts.push(post);
				return {
					message_id: posts.length,
					date: Math.floor(Date.now() / 1000),
					chat: { id: -1001234567890, type: 'channel', username: post.chatId.replace(/^@/, '') },
					video: {
						file_id: post.fileId,
						file_name: post.fileName,
						mime_type: post.mimeType,
						file_size: post.video.length,
					},
					caption: post.caption,
				};
			}
			case 'POST sendMessage': {
				const question = await readQuestion(request, chats);
				questions.push(question);
				return { message_id: 1000 + questions.length, date: Math.floor(Date.now() / 1000), text: question.text };
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
	const { origin, close } = await listen(server);
	return {
		credentialData: { accessToken, baseUrl: origin },
		posts,
		questions,
		close,
	};
}

function send(response: ServerResponse, statusCode: number, body: object): void {
	response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const questionSchema = z.object({
	chat_id: z.string(),
	text: z.string().min(1).max(4096),
	reply_markup: z.object({
		inline_keyboard: z.array(z.array(z.object({ text: z.string(), url: z.string().url() }).strict())),
	}),
});

/** @throws Refusal for what Telegram does not take */
async function readQuestion(request: IncomingMessage, chats: readonly string[]): Promise<TelegramQuestion> {
	const { success, data } = questionSchema.safeParse(JSON.parse((await buffer(request)).toString()));
	if (!success) throw new Refusal(400, 'Bad Request: message is not understood');
	if (!chats.includes(data.chat_id)) throw new Refusal(400, 'Bad Request: chat not found');
	const buttons = data.reply_markup.inline_keyboard.flat().map(({ text, url }) => [text, url] as const);
	return { chatId: data.chat_id, text: data.text, buttons: Object.fromEntries(buttons) };
}

/** @throws Refusal for what Telegram does not take */
async function readPost(
	request: IncomingMessage,
	chats: readonly string[],
	posts: readonly TelegramPost[],
): Promise<TelegramPost> {
	const contentType = request.headers['content-type'] ?? '';
	const body = await buffer(request);
	if (body.length > biggestUpload) throw new Refusal(413, 'Request Entity Too Large');
	const fields = contentType.startsWith('multipart/form-data')
		? [...(await new Response(body, { headers: { 'content-type': contentType } }).formData()).entries()]
		: Object.entries(JSON.parse(body.toString()) as Record<string, unknown>);
	const unknown = fields.map(([name]) => name).filter((name) => !sendVideoFields.includes(name));
	if (unknown.length > 0) throw new Refusal(400, `Bad Request: unknown parameters ${unknown.join(', ')}`);

	const given = new Map<string, unknown>(fields);
	const [chatId, caption, video] = ['chat_id', 'caption', 'video'].map((name) => given.get(name));
	if (typeof chatId !== 'string' || !chats.includes(chatId)) throw new Refusal(400, 'Bad Request: chat not found');
	if (typeof caption === 'string' && caption.length > maxCaptionCharacters) {
		throw new Refusal(400, 'Bad Request: message caption is too long');
	}
	const post = { chatId, caption: typeof caption === 'string' ? caption : undefined };
	if (typeof video === 'string') {
		const earlier = posts.find(({ fileId }) => fileId === video);
		if (!earlier) throw new Refusal(400, 'Bad Request: wrong file identifier/HTTP URL specified');
		return { ...earlier, ...post };
	}
	if (!(video instanceof Blob) || video.size === 0) throw new Refusal(400, 'Bad Request: file must be non-empty');
	return {
		...post,
		fileId: `file-${posts.length + 1}`,
		fileName: 'name' in video ? String(video.name) : '',
		mimeType: video.type,
		video: Buffer.from(await video.arrayBuffer()),
	};
}
