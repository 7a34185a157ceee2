import type { InputProblem } from '../errors';
import { detectMediaType, type FormatName, kindOfFormat, mayHold } from '../media/formats';
import type { IdentifiedFile } from '../media/identifyFile';
import { type MediaType, withArticle } from '../vocabulary';

/**
 * Whether a file can be what it is needed for at all: no option lets an empty file, a text or a medium of
 * another kind through. What nobody knows passes, unless it is said to be of another kind.
 * @returns at most one problem
 */
export function checkContent(file: IdentifiedFile, mediaType: MediaType, field: string): InputProblem[] {
	const { givenName, mimeType, format } = file;
	if (format) return mayHold(format, mediaType) ? [] : [isOtherMedium(field, givenName, mediaType, format)];
	const said = detectMediaType(mimeType);
	if (said === undefined || said === mediaType) return [];
	const message = `${givenName} (${field}) is of type ${mimeType}; ${withArticle(mediaType)} is needed.`;
	return [{ field, message, advice: `Give ${withArticle(mediaType)}, or choose the field for such a file.` }];
}

/** A file whose content is not the medium that its field needs. */
export function isOtherMedium(field: string, fileName: string, mediaType: MediaType, format: FormatName): InputProblem {
	return {
		field,
		message: `${fileName} (${field}) ${describeFormat(format)}; ${withArticle(mediaType)} is needed.`,
		advice: adviceForOther(format, mediaType),
	};
}

/** What to do about a file that is another medium than the one that is needed, or none. */
export const adviceForOther = (format: FormatName, mediaType: MediaType) =>
	kindOfFormat(format) === 'document'
		? 'Check the node that the file comes from: such a file is mostly the page or the text of an error.'
		: `Give ${withArticle(mediaType)}, or choose the field for such a file.`;

/** @returns e.g. "is of format PNG by its content" */
export const describeFormat = (format: FormatName) =>
	format === 'empty' ? 'is empty' : `is of format ${format.toUpperCase()} by its content`;
