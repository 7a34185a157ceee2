const maxLength = 100;
/** Reserved names of Windows, with any extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** @returns the text as the name of a file without its extension, valid on every system */
export function safeFileName(text: string): string {
	const name = text.replace(/[^\w.-]+/g, '_').replace(/^[.-]+/, '').slice(0, maxLength);
	return name === '' || deviceName.test(name) ? `task_${name}` : name;
}
