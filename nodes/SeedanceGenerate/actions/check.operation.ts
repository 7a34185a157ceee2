import { InputError, SeedanceError, tellProblem } from '../../shared/errors';
import type { Estimation } from '../../shared/estimate/estimate';
import { readBinaryFields } from '../../shared/node/download.fields';
import type { Operation } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import { openBudget } from '../budget/budget';
import { costHints } from '../budget/costHints';
import { describeRequest } from '../budget/describeRequest';
import { checkInput } from '../checks/checkInput';
import { usesAllItems } from '../references/readSources';
import { generationOptions, inputFields, readInput, readOptions, readTasksAtOnce } from './generate.operation';

export const check = {
	option: {
		name: 'Check Video',
		value: 'check',
		action: 'Check video',
		description: 'Check everything that Generate checks, and estimate the cost, without starting or paying anything',
	},
	toolDescription:
		'Checks, free of charge, whether a video can be made and estimates what it would cost. It makes no video. When isValid is false, problems says what to change. estimate has the amount and its currency; when that is null, the price is not known.',
	properties: [...inputFields, generationOptions],
	maxConcurrentItems: () => Infinity,
	usesAllItems,
	executionHints: (items) => costHints(items),
	async prepare(session) {
		const problems: string[] = [];
		/** Runs a step of Generate. @throws what is no mistake of the user, such as a server that cannot be reached */
		const attempt = async <Value>(step: () => Value | Promise<Value>): Promise<Value | undefined> => {
			const outcome = await outcomeOf((async () => await step())());
			if (outcome.ok) return outcome.value;
			problems.push(...problemsOf(outcome.error));
			return undefined;
		};
		const input = await attempt(async () => await readInput(session));
		const checkOnline = input && (await attempt(async () => await checkInput(session, input)));
		const budget = input && (await attempt(async () => await openBudget(session, input, 'check')));
		// What Generate reads beside the video itself: a wrong value there stops it as well.
		for (const read of [readOptions, readTasksAtOnce, readBinaryFields]) await attempt(() => read(session.parameters));
		let estimation: Estimation = { estimate: null, reason: problems[0] };
		return {
			async check() {
				await Promise.all([
					checkOnline && attempt(checkOnline),
					budget && budget.estimate().then((estimated) => (estimation = estimated)),
				]);
				if (problems.length === 0) budget?.join(estimation);
			},
			async approve() {
				if (budget && problems.length === 0) await attempt(async () => await budget.approve());
			},
			work: async () => [
				{
					json: {
						provider: session.provider.id,
						isValid: problems.length === 0,
						problems,
						estimate: estimation.estimate && { ...estimation.estimate },
						estimateReason: estimation.reason ?? null,
						request: input ? describeRequest(session, input) : null,
					},
				},
			],
		};
	},
} satisfies Operation;

/** @throws what is no problem of the fields */
function problemsOf(error: unknown): string[] {
	if (error instanceof InputError) return error.problems.map(tellProblem);
	if (error instanceof SeedanceError && error.details.reason === 'budget') return [[error.message, error.details.description].filter(Boolean).join(' ')];
	throw error;
}
