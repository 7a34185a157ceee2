import type { InputProblem } from '../errors';
import { detectMediaType, type FormatName, mayHold } from '../media/formats';
import type { IdentifiedFile } from '../media/identifyFile';
import type { MediaType } from '../vocabulary';

/**
 * Whether a file can be what it is needed for at all: no option lets an empty file, a text or a medium of
 * another kind through. What nobody knows passes, unless it is said to be of another kind.
 * @returns at most one problem
 */
export function checkContent(file: IdentifiedFile, mediaType: MediaType, field: string): InputProblem[] {
	const { givenName, mimeType, format } = file;
	const problem = (given: string) => [{ field, allowed: `a file of type ${mediaType}`, given: `${givenName} ${given}` }];
	if (format) return mayHold(format, mediaType) ? [] : problem(describeFormat(format));
	const said = detectMediaType(mimeType);
	return said === undefined || said === mediaType ? [] : problem(`is of type ${mimeType}`);
}

/** @returns e.g. "is of format PNG by its content" */
export const describeFormat = (format: FormatName) =>
	format === 'empty' ? 'is empty' : `is of format ${format.toUpperCase()} by its content`;
