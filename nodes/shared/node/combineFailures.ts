import { InputError, nothingPaid, SeedanceError, tellProblem } from '../errors';
import { listOf } from '../text';

/** The failure of an item that could not be prepared. Items are counted from 0, as n8n does everywhere. */
export interface ItemFailure {
	itemIndex: number;
	error: unknown;
}

/** Items in one sentence, and sentences in one error; the others are counted. */
const maxListed = 10;

/** A person who counts rows from 1 would correct the wrong one. */
export const counting = 'n8n counts items from 0.';

/**
 * Makes one error of the failures of several items, none of which was paid, so that a person can mend all in one go.
 * A problem that several items share is told once. What is not about a field comes only when no field needs a change.
 * @param failures in the order of the items, at least one
 * @param itemCount of the run, failed or not
 * @returns the error, with the item if it is about that one alone or first
 */
export function combineFailures(failures: readonly ItemFailure[], itemCount: number): Partial<ItemFailure> {
	// An error about a task of an earlier run names that one, so it stays alone.
	const ofInput = failures.flatMap(({ itemIndex, error }) =>
		error instanceof InputError && error.details.taskId === undefined ? [{ itemIndex, error }] : [],
	);
	const [first] = ofInput;
	if (!first) return { ...failures[0] };
	const itemsByProblem = new Map<string, number[]>();
	for (const { itemIndex, error } of ofInput) {
		const words = error.problems.map(tellProblem).join(' ');
		itemsByProblem.set(words, [...(itemsByProblem.get(words) ?? []), itemIndex]);
	}
	if (itemsByProblem.size === 1) {
		const items = ofInput.map(({ itemIndex }) => itemIndex);
		return { itemIndex: first.itemIndex, error: itemCount === 1 ? first.error : sharedBy(items, first.error) };
	}
	// n8n's error panel shows line breaks as blanks: the dot tells where the next one begins.
	const lines = [...itemsByProblem].map(([words, items]) => `• ${describeItems(items)}: ${words}`);
	const more = lines.length - maxListed;
	const error = new SeedanceError(`${ofInput.length} of ${itemCount} items need a change.`, {
		reason: 'input',
		nothingAccepted: 'notSent',
		description: [...lines.slice(0, maxListed), ...(more > 0 ? [`… and ${more} more.`] : []), `${nothingPaid} ${counting}`].join('\n'),
	});
	return { error };
}

function sharedBy(items: readonly number[], error: InputError): InputError {
	const sharing = items.length < 2 ? [] : [`${describeItems(items)} have this problem.`];
	return error.with({ description: [error.details.description ?? '', ...sharing, counting].join(' ').trim() });
}

/** @returns e.g. "Item 3", "Items 0, 2 and 5" */
function describeItems(items: readonly number[]): string {
	const shown = items.slice(0, maxListed).map(String);
	const more = items.length - shown.length;
	return `${items.length === 1 ? 'Item' : 'Items'} ${listOf([...shown, ...(more > 0 ? [`${more} more`] : [])])}`;
}
