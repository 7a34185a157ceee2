import { compareEchoes, type Identification, identifyTask, type ListedTask, type OpenRequest } from '../../nodes/SeedanceGenerate/submission/identifyTask';

/** What may be concluded from a list of tasks about a request whose answer was lost: the table of docs/waiting.md. */

const sentMs = Date.UTC(2026, 3, 27, 16);
const echo = { model: 'seedance-2', input: { prompt: 'A cat', duration: 5 } };
const request = (differences: Partial<OpenRequest> = {}): OpenRequest => ({ echo, fromMs: sentMs - 5_000, untilMs: sentMs + 300_000, ...differences });
const task = (id: string, differences: Partial<ListedTask> = {}): ListedTask => ({ id, createdAtMs: sentMs + 1_000, echo, ...differences });
const withPrompt = (prompt: string) => ({ ...echo, input: { ...echo.input, prompt } });

type Row = [
	situation: string,
	tasks: ListedTask[],
	known: { taken?: string[]; ambiguous?: string[]; requests?: OpenRequest[] },
	expected: Identification,
];

const found = (taskId: string) => ({ kind: 'found', taskId }) as const;
const none = { kind: 'none' } as const;
const ambiguous = (...taskIds: string[]) => ({ kind: 'ambiguous', taskIds }) as const;
const unclear = (...taskIds: string[]) => ({ kind: 'unclear', taskIds }) as const;

it.each<Row>([
	['one task shows exactly this request', [task('a')], {}, found('a')],
	['the list is empty', [], {}, none],
	['others ask for something else', [task('a', { echo: withPrompt('A dog') }), task('b')], {}, found('b')],
	['it was made before the request was sent', [task('a', { createdAtMs: sentMs - 6_000 })], {}, none],
	['it was made long after the answer was lost', [task('a', { createdAtMs: sentMs + 301_000 })], {}, none],
	['it is the task of another request', [task('a')], { taken: ['a'] }, none],
	['one of two is the task of another request', [task('a'), task('b')], { taken: ['a'] }, found('b')],
	// Two equal requests side by side.
	['two tasks show it', [task('a'), task('b')], {}, ambiguous('a', 'b')],
	['two equal requests have lost their answers, and one task is listed', [task('a')], { requests: [request()] }, ambiguous('a')],
	['two equal requests have lost their answers, and two tasks are listed', [task('a'), task('b')], { requests: [request()] }, ambiguous('a', 'b')],
	['an equal request has no answer yet', [task('a')], { requests: [request({ untilMs: Infinity })] }, ambiguous('a')],
	['an equal request was sent after the task was made', [task('a')], { requests: [request({ fromMs: sentMs + 2_000, untilMs: Infinity })] }, found('a')],
	['an equal request was given up before the task was made', [task('a')], { requests: [request({ fromMs: 0, untilMs: sentMs })] }, found('a')],
	['another request asks for something else', [task('a')], { requests: [request({ echo: withPrompt('A dog') })] }, found('a')],
	['it was ambiguous before', [task('a')], { ambiguous: ['a'] }, ambiguous('a')],
	// Lists that tell too little.
	['a task could not be read', [task('a', { echo: undefined })], {}, unclear('a')],
	['one of two could not be read', [task('a'), task('b', { echo: undefined })], {}, unclear('a', 'b')],
	['a task that could not be read is of another time', [task('a'), task('b', { echo: undefined, createdAtMs: sentMs - 60_000 })], {}, found('a')],
	['a task does not show when it was made', [task('a', { createdAtMs: undefined })], {}, unclear('a')],
	['a task without a time asks for something else', [task('a', { createdAtMs: undefined, echo: withPrompt('A dog') })], {}, none],
	['a task does not show all that was sent', [task('a', { echo: { model: 'seedance-2', input: { prompt: 'A cat' } } })], {}, unclear('a')],
])('%s', (_situation, tasks, { taken = [], ambiguous: doubtful = [], requests = [] }, expected) => {
	const others = { isTaken: (id: string) => taken.includes(id), isAmbiguous: (id: string) => doubtful.includes(id), requests };
	expect(identifyTask(request(), tasks, others)).toEqual(expected);
});

describe('What a task shows of its request', () => {
	const sent = { model: 'm', input: { prompt: 'A cat  plays', image_urls: ['https://e.com/1.png'], duration: 5, audio: false } };
	const shown = (input: object, rest: object = {}) => ({ model: 'm', input: { ...sent.input, ...input }, ...rest });

	it.each([
		['all of it', shown({}), 'same'],
		['defaults of the provider besides', shown({ resolution: '720p', mode: 'text_to_video' }, { config: { service_mode: 'public' } }), 'same'],
		['a number as a text, and a tidy prompt', shown({ duration: '5', prompt: 'A cat plays' }), 'same'],
		['another number', shown({ duration: 6 }), 'other'],
		['another reference', shown({ image_urls: ['https://e.com/2.png'] }), 'other'],
		['a reference more', shown({ video_urls: ['https://e.com/1.mp4'] }), 'other'],
		['a frame more', shown({ start_image: 'asset://a' }), 'other'],
		['an empty list more', shown({ video_urls: [] }), 'same'],
		['a switch the other way round', shown({ audio: true }), 'other'],
		['no reference', shown({ image_urls: undefined }), 'unclear'],
		['null for what was sent', shown({ duration: null }), 'unclear'],
		['no input', { model: 'm' }, 'unclear'],
		['no input, of another model', { model: 'n' }, 'other'],
		['nothing', {}, 'unclear'],
	])('%s', (_what, echoed, expected) => {
		expect(compareEchoes(sent, echoed)).toBe(expected);
	});
});
