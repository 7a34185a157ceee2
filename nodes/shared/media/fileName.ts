import { mimeTypeOf } from './formats';

/** Names of the files that the nodes make, valid on Windows, macOS and Linux. File systems take 255 bytes. */

const maxBytes = 150;
const maxPromptBytes = 60;
/** What is longer is cut anyway, and need not be read. */
const maxReadCharacters = 2000;
/** Reserved names of Windows, with any extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** @returns the text as the name of a file without its extension; letters of all scripts stay as they are */
export function safeFileName(text: string): string {
	const line = text.slice(0, maxReadCharacters).normalize('NFC').replace(/\s+/g, ' ');
	const valid = line.replace(/[\p{C}<>:"/\\|?*]+/gu, '_').replace(/^[ .-]+/, '');
	// Windows drops dots and blanks at the end.
	const name = startOf(valid, maxBytes).replace(/(?<![ .])[ .]+$/, '');
	return name === '' || deviceName.test(name) ? `task_${name}` : name;
}

/**
 * @returns e.g. "a-cat-plays-the-piano-7xif9p" without an extension, or the task ID if the prompt has no words. The end
 *          of the task ID keeps a later video with the same prompt from replacing this one where both are stored.
 */
export function nameFromPrompt(prompt: string | undefined, taskId: string): string {
	const text = (prompt ?? '').slice(0, maxReadCharacters).normalize('NFC').toLowerCase().replace(/['’]/g, '');
	const [first, ...others] = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
	if (first === undefined) return safeFileName(taskId);
	let name = startOf(first, maxPromptBytes);
	for (const word of others) {
		if (Buffer.byteLength(`${name}-${word}`) > maxPromptBytes) break;
		name += `-${word}`;
	}
	return `${name}-${taskId.replace(/[^a-z0-9]+/gi, '').slice(-6)}`;
}

/** @returns the name without the extension of a media file; what comes after any other dot belongs to the name */
export function withoutMediaExtension(fileName: string): string {
	const [extension = ''] = /\.[a-z0-9]+$/i.exec(fileName.trim()) ?? [];
	const isKnown = extension !== '' && mimeTypeOf(extension) !== undefined;
	return isKnown ? fileName.trim().slice(0, -extension.length) : fileName;
}

/** The start of a text, cut between two characters. @param limitBytes in UTF-8 */
function startOf(text: string, limitBytes: number): string {
	let start = '';
	let bytes = 0;
	for (const character of text) {
		bytes += Buffer.byteLength(character);
		if (bytes > limitBytes) break;
		start += character;
	}
	return start;
}
