import { checkContent } from '../shared/checks/checkContent';
import { InputError, isMissing, requireNoProblems } from '../shared/errors';
import { mapWithin } from '../shared/limiter';
import { binaryFile, maxFilesAtOnce, mediaTypeOfField, onlyFileInPlaceOf } from '../shared/media/binaryFile';
import type { IdentifiedFile } from '../shared/media/identifyFile';
import { counting } from '../shared/node/combineFailures';
import type { LocalSession } from '../shared/node/operation';
import { outcomeOf } from '../shared/outcome';
import { type MediaType, withArticle } from '../shared/vocabulary';

/** Which file of an item is meant. */
interface WantedFile {
	/** The binary field as the person has named it. */
	fieldName: string;
	/** What the editor calls the field in which it was named. */
	label: string;
	mediaType: MediaType;
}

/**
 * The file of an item, by its field or as the only one that fits.
 * @throws InputError if there is none, or it is another medium
 */
export async function fileOfItem(
	{ context }: Pick<LocalSession, 'context'>,
	itemIndex: number,
	{ fieldName, label, mediaType }: WantedFile,
): Promise<IdentifiedFile> {
	const found = await onlyFileInPlaceOf(fieldName, context, itemIndex, [mediaType]);
	const file = await binaryFile(context, itemIndex, found ?? fieldName, label);
	requireNoProblems(checkContent(file, mediaType, label));
	return file;
}

/**
 * One file of each input item.
 * @throws InputError naming each item that has none
 */
export async function fileOfEachItem(session: LocalSession, wanted: WantedFile): Promise<IdentifiedFile[]> {
	const indexes = [...session.context.getInputData().keys()];
	const outcomes = await mapWithin(
		maxFilesAtOnce,
		indexes,
		async (index) => await outcomeOf(fileOfItem(session, index, wanted)),
	);
	const problems = outcomes.flatMap((outcome, index) => {
		if (outcome.ok || !(outcome.error instanceof InputError)) return [];
		return outcome.error.problems.map((problem) => ({ ...problem, message: `Item ${index}: ${problem.message}` }));
	});
	if (problems.length > 0) throw new InputError(problems, counting);
	return outcomes.map((outcome) => {
		if (!outcome.ok) throw outcome.error;
		return outcome.value;
	});
}

/**
 * Several files of one item.
 * @param fieldNames in the order of the film; none for all fields of the item with such a file
 * @throws InputError if there is none, or one is another medium
 */
export async function filesOfItem(
	session: LocalSession,
	fieldNames: readonly string[],
	{ label, mediaType }: Omit<WantedFile, 'fieldName'>,
): Promise<IdentifiedFile[]> {
	const names = fieldNames.length > 0 ? fieldNames : await fieldsWith(session, mediaType);
	if (names.length === 0) {
		throw new InputError([isMissing(label, `The input item has no field with ${withArticle(mediaType)}: check the node before this one.`)]);
	}
	return await mapWithin(maxFilesAtOnce, names, async (fieldName) => {
		const file = await binaryFile(session.context, session.itemIndex, fieldName, label);
		requireNoProblems(checkContent(file, mediaType, label));
		return file;
	});
}

/** The binary fields of the item with a file of this type, in their order. */
export async function fieldsWith(
	{ context, itemIndex }: Pick<LocalSession, 'context' | 'itemIndex'>,
	mediaType: MediaType,
): Promise<string[]> {
	const names = Object.keys(context.getInputData()[itemIndex]?.binary ?? {});
	const types = await mapWithin(maxFilesAtOnce, names, async (name) => await mediaTypeOfField(context, itemIndex, name));
	return names.filter((_name, index) => types[index] === mediaType);
}
