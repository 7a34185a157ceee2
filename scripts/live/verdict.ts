import { echoedPaths, knownStatuses, openQuestions, type OpenQuestion } from './questions';
import { compareShapes, entriesOf } from './shape';
import type { Answer } from './answer';

/** The comparison of one kind of answer. */
export interface Verdict {
	/** e.g. `videoTasks.get (succeeded)` */
	label: string;
	statusCodes: number[];
	/** The number of JSON paths that match the simulator; undefined where it gave no such answer. */
	matching?: number;
	/** What the adapters or the simulator did not expect. */
	drift: string[];
}

export interface AnsweredQuestion {
	question: string;
	/** Where it was seen, and what; empty while it is open. */
	seen: string[];
}

const labelOf = ({ call, state }: Answer) => (state === undefined ? call : `${call} (${state})`);

/** Compares every answer with the adapter and, where it was asked the same, the simulator. */
export function verdictsOf(providerId: string, answers: readonly Answer[], expected: readonly Answer[]): Verdict[] {
	const labels = [...new Set(answers.map(labelOf))];
	return labels.map((label) => {
		const seen = answers.filter((answer) => labelOf(answer) === label);
		const like = expected.filter((answer) => labelOf(answer) === label);
		const statusCodes = [...new Set(seen.flatMap(({ statusCode }) => statusCode ?? []))];
		const problems = seen.flatMap(({ problem }) => problem ?? []);
		const drift = [...new Set([...problems, ...unknownStatuses(providerId, seen)])];
		if (like.length === 0) return { label, statusCodes, drift };
		const expectedCodes = new Set(like.map(({ statusCode }) => statusCode));
		const otherCodes = statusCodes.filter((code) => !expectedCodes.has(code));
		const bodies = (list: readonly Answer[]) => list.map(({ body }) => body);
		const { matching, missing, additional, changed } = compareShapes(bodies(seen), bodies(like));
		const isOwn = (path: string) => !echoedPaths.test(path);
		return {
			label,
			statusCodes,
			matching,
			drift: [
				...drift,
				...otherCodes.map((code) => `HTTP status ${[...expectedCodes].join(' or ')} → ${code}`),
				...missing.filter(isOwn).map((path) => `missing ${path}`),
				...additional.filter(isOwn).map((path) => `additional ${path}`),
				...changed.map((path) => `changed ${path}`),
			],
		};
	});
}

function unknownStatuses(providerId: string, answers: readonly Answer[]): string[] {
	const known = knownStatuses[providerId] ?? [];
	return answers.flatMap(({ call, body }) => {
		const rules = known.filter((rule) => rule.call.test(call));
		return [...entriesOf(body)].flatMap(([path, value]) =>
			rules
				.filter((rule) => rule.path.test(path) && typeof value === 'string' && !rule.words.includes(value.trim()))
				.map(() => `unknown status ${path}: ${String(value)}`),
		);
	});
}

/** What the documents leave open and these answers tell. */
export function answerQuestions(providerId: string, answers: readonly Answer[]): AnsweredQuestion[] {
	return (openQuestions[providerId] ?? []).map((question) => {
		const telling = answers.filter(({ call, state = '' }) => {
			const isRefusal = state === 'refused' || state === 'unknown ID';
			return question.call.test(call) && isRefusal === (question.isAboutRefusals ?? false);
		});
		const seen = [...new Set(telling.map(labelOf))].flatMap((label) => {
			const evidence = telling
				.filter((answer) => labelOf(answer) === label)
				.flatMap((answer) => evidenceIn(answer, question));
			return evidence.length > 0 ? `${label}: ${[...new Set(evidence)].join(', ')}` : [];
		});
		return { question: question.question, seen };
	});
}

function evidenceIn({ statusCode, headers, body }: Answer, question: OpenQuestion): string[] {
	const { header, path, showsValue } = question;
	if (!header && !path) return [`HTTP ${statusCode ?? 'without an answer'}`];
	const shown = (name: string, value: unknown) => {
		const isScalar = typeof value !== 'object' || value === null;
		return showsValue && isScalar ? `${name} = ${JSON.stringify(value)}` : name;
	};
	const inHeaders = Object.entries(headers).filter(([name]) => header?.test(name));
	const inBody = [...entriesOf(body)].filter(([name]) => path?.test(name));
	return [...inHeaders, ...inBody].map(([name, value]) => shown(name, value));
}
