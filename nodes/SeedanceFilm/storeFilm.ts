import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { defaultBinaryField } from '../shared/media/binaryFile';
import { safeFileName, withoutMediaExtension } from '../shared/media/fileName';
import { type FileStream, streamLike } from '../shared/media/streams';
import type { LocalSession, OutputItem } from '../shared/node/operation';
import type { Film } from './film';
import { fileNameOption, outputFieldOption } from './film.fields';

const mimeType = 'video/mp4';

/**
 * Writes a film into n8n's binary store and makes the item of it.
 * @param usualName of the file unless the person has given one; with or without an extension
 * @param facts that the operation adds to those of every film
 */
export async function storeFilm(
	{ context, parameters }: LocalSession,
	film: Film,
	usualName: string,
	facts: IDataObject = {},
): Promise<OutputItem> {
	const options = parameters.collection('options', 'Options');
	const name = options.text(fileNameOption.name, fileNameOption.displayName) ?? usualName;
	const field = options.text(outputFieldOption.name, outputFieldOption.displayName) ?? defaultBinaryField;
	const fileName = `${safeFileName(withoutMediaExtension(name))}.mp4`;
	const { sizeBytes, durationSeconds, width, height, videoFormat, soundFormat } = film;
	return {
		json: { fileName, durationSeconds, width, height, videoFormat, soundFormat, sizeBytes, ...facts },
		binary: { [field]: await store(context, film, fileName) },
	};
}

/** As a stream, so that no film is held in memory, except where n8n itself holds files there. */
async function store(context: IExecuteFunctions, film: Film, fileName: string): Promise<IBinaryData> {
	const { helpers } = context;
	const ids = context.getInputData().flatMap(({ binary = {} }) => Object.values(binary).flatMap(({ id }) => id ?? []));
	if (ids[0] === undefined) return await helpers.prepareBinaryData(await wholeOf(film), fileName, mimeType);
	const like = await helpers.getBinaryStream(ids[0]);
	like.destroy();
	const stream: FileStream = streamLike(like, film.content());
	try {
		return await helpers.prepareBinaryData(stream, fileName, mimeType);
	} finally {
		// A store may fail before it reads.
		stream.destroy();
	}
}

async function wholeOf(film: Film): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of film.content()) chunks.push(chunk);
	return Buffer.concat(chunks);
}
