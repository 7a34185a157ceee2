import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { SeedanceError } from '../errors';
import { isObject, readNumber, readObject, readString } from '../providers/read';
import { settle } from '../settle';

/** Until the first byte; after it n8n ends a transfer that stands still. */
const answerTimeoutMs = 60_000;

/** What downloading needs of n8n; every context of a node has it. */
export interface FileContext {
	helpers: Pick<IExecuteFunctions['helpers'], 'httpRequest' | 'prepareBinaryData'>;
}

/**
 * Streams a pre-signed link into n8n's binary store. No credential is read here, so none can reach
 * the storage host, on a redirect neither.
 * @throws SeedanceError (download, or expired when the host answers 403)
 */
export async function downloadFile(
	context: FileContext,
	url: string,
	{ fileName, mimeType }: { fileName: string; mimeType: string },
	signal?: AbortSignal,
): Promise<IBinaryData> {
	const request = await settle(
		context.helpers.httpRequest({
			method: 'GET',
			url,
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: answerTimeoutMs,
			abortSignal: signal,
		}),
	);
	if (!request.ok) throw failed(fileName, messageOf(request.error));
	const { statusCode, body }: DownloadResponse = readResponse(request.value);
	if (statusCode !== 200 || !body) {
		body?.destroy();
		throw failed(fileName, `the storage answered ${statusCode}`, statusCode);
	}
	// Fails by itself when fewer bytes arrive than announced.
	const stored = await settle(context.helpers.prepareBinaryData(body, fileName, mimeType));
	if (!stored.ok) throw failed(fileName, messageOf(stored.error));
	return stored.value;
}

type ReadableBody = Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0] & {
	destroy(): unknown;
};

interface DownloadResponse {
	statusCode: number;
	body?: ReadableBody;
}

function readResponse(value: unknown): DownloadResponse {
	const response = readObject(value);
	return {
		statusCode: readNumber(response.statusCode) ?? 0,
		body: isReadable(response.body) ? response.body : undefined,
	};
}

function isReadable(value: unknown): value is ReadableBody {
	return isObject(value) && typeof value.pipe === 'function' && typeof value.destroy === 'function';
}

function failed(fileName: string, why: string, statusCode?: number): SeedanceError {
	const isExpired = statusCode === 403;
	return new SeedanceError(`${fileName} could not be downloaded: ${why}`, {
		reason: isExpired ? 'expired' : 'download',
		description: isExpired
			? 'The link has expired. Use the operation "Download Video" with the task ID: it fetches a fresh link and starts no new generation.'
			: 'The video is finished and paid. Use the operation "Download Video" with the task ID to fetch it; this starts no new generation.',
		statusCode,
	});
}

function messageOf(error: unknown): string {
	return readString(readObject(error).message) ?? (error instanceof Error ? error.message : String(error));
}
