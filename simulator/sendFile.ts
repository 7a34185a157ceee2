import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { send } from './http';
import type { AnswerEffect } from './types';

interface Sending {
	contentType: string;
	file: string;
	/** What spoils it; other faults than those of bytes are ignored. */
	fault?: AnswerEffect;
	/** Told when the fault holds bytes back, and when no longer. */
	hold: (isHeld: boolean) => void;
}

/** Answers with a file or a part of it, as an object store does. */
export async function sendFile(
	request: IncomingMessage,
	response: ServerResponse,
	{ contentType, file, fault, hold }: Sending,
): Promise<void> {
	if (fault?.kind === 'empty') {
		response.writeHead(200, { 'content-type': contentType, 'content-length': 0 }).end();
		return;
	}
	const { size, mtimeMs } = await stat(file);
	const etag = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}${fault?.kind === 'replaced' ? '-2' : ''}"`;
	const wantedTag = fault?.kind === 'replaced' && fault.inParts ? undefined : request.headers['if-range'];
	const isWhole = fault?.kind === 'rangeIgnored' || (wantedTag !== undefined && wantedTag !== etag);
	// RFC 9110, 13.1.5: the part of what it was, or all of what it is.
	const range = isWhole ? undefined : readRange(request, size);
	if (range === 'unsatisfiable') {
		const headers = { 'content-range': `bytes */${size}` };
		send(response, 416, 'application/xml', errorXml('InvalidRange', 'Not satisfiable'), headers);
		return;
	}
	const { start, end: wantedEnd } = range ?? { start: 0, end: size - 1 };
	const isHalved = range !== undefined && fault?.kind === 'rangeHalved';
	const end = isHalved ? Math.floor((start + wantedEnd) / 2) : wantedEnd;
	const shift = fault?.kind === 'rangeShifted' && start > 0 ? 1 : 0;
	const length = end - start + 1 + shift;
	const extraBytes = fault?.kind === 'tooLongLength' ? fault.extraBytes : 0;
	response.writeHead(range ? 206 : 200, {
		'content-type': fault?.kind === 'contentType' ? fault.contentType : contentType,
		...(fault?.kind !== 'endless' && { 'content-length': length + extraBytes }),
		'accept-ranges': 'bytes',
		etag,
		...(range && { 'content-range': `bytes ${start - shift}-${end}/${size}` }),
	});
	if (request.method === 'HEAD') {
		response.end();
		return;
	}
	const sendPart = async (from: number, bytes: number, isLast = false) => {
		if (bytes > 0) await pipe(createReadStream(file, { start: from, end: from + bytes - 1 }), response, isLast);
		else response.flushHeaders();
	};
	switch (fault?.kind) {
		case 'truncate':
		case 'resetMidway':
		case 'standstill': {
			await sendPart(start, Math.min(fault.afterBytes ?? Math.floor(length / 2), length - 1));
			if (fault.kind === 'truncate') request.socket.destroySoon();
			else if (fault.kind === 'resetMidway') await resetOnceRead(request);
			else hold(true);
			return;
		}
		case 'slow': {
			response.flushHeaders();
			const part = Math.ceil(length / fault.parts);
			const slowly = async function* () {
				for (let from = start; from <= end; from += part) {
					hold(true);
					await new Promise((resolve) => setTimeout(resolve, fault.pauseSeconds * 1000));
					hold(false);
					yield* createReadStream(file, { start: from, end: Math.min(from + part - 1, end) });
				}
			};
			await pipe(Readable.from(slowly()), response, true);
			return;
		}
		case 'endless':
			await pipe(Readable.from(endlessly(Buffer.alloc(64 * 1024))), response, true);
			return;
		case 'tooLongLength':
			await sendPart(start, length);
			request.socket.destroySoon();
			return;
		default:
			await sendPart(start - shift, length, true);
	}
}

/** A client that goes away in the middle is no news. */
async function pipe(source: Readable, response: ServerResponse, isLast: boolean): Promise<void> {
	await pipeline(source, response, { end: isLast }).catch(() => {});
}

/** A reset overtakes what has not been read yet. */
async function resetOnceRead({ socket }: IncomingMessage): Promise<void> {
	for (let turn = 0; turn < 20 || socket.writableLength > 0; turn++) {
		await new Promise((resolve) => setImmediate(resolve));
		if (socket.destroyed) return;
	}
	socket.resetAndDestroy();
}

function* endlessly(chunk: Buffer) {
	for (let bytes = 0; bytes < 256 * 1024 * 1024; bytes += chunk.length) yield chunk;
}

/** One byte range, as RFC 9110 has it; undefined when there is none to honour. */
function readRange(
	{ headers }: IncomingMessage,
	size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
	const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '');
	if (!match || (match[1] === '' && match[2] === '')) return undefined;
	const [, first, last] = match;
	const start = first ? Number(first) : Math.max(0, size - Number(last));
	const end = first && last ? Math.min(Number(last), size - 1) : size - 1;
	return start > end ? 'unsatisfiable' : { start, end };
}

export function errorXml(code: string, message: string): string {
	const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
	return `<?xml version="1.0" encoding="UTF-8"?>\n${error}`;
}
