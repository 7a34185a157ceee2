import { checkDraftTask, checkFinalInput } from '../../nodes/shared/checks/checkDraft';
import { anyfast } from '../../nodes/shared/providers/anyfast';
import { apiframe } from '../../nodes/shared/providers/apiframe';
import { piapi } from '../../nodes/shared/providers/piapi';
import type { VideoTask, VideoTaskInput } from '../../nodes/shared/vocabulary';

/** Whether a draft can become a video, as far as its provider tells. */

const nowMs = Date.UTC(2026, 10, 28);
const draft: VideoTask = {
	id: 'asyntask_1',
	status: 'succeeded',
	isDraft: true,
	model: 'doubao-seedance-2-5-260628',
	resolution: '480p',
	createdAtMs: nowMs - 3_600_000,
	raw: {},
};
const problems = (differences: Partial<VideoTask>, model = 'seedance-2.5') =>
	checkDraftTask(anyfast, { model }, { ...draft, ...differences }, nowMs).map(({ message }) => message);

it('A draft of the model is fine, and so is what the answer does not tell', () => {
	expect(problems({})).toEqual([]);
	expect(problems({ isDraft: undefined, resolution: undefined, model: undefined, createdAtMs: undefined })).toEqual([]);
	expect(problems({ isDraft: undefined })).toEqual([]);
	expect(problems({}, 'seedance-2.5-nsfw')).toEqual([]);
});

it.each<[Partial<VideoTask>, RegExp]>([
	[{ isDraft: false }, /^The task asyntask_1 is no draft\.$/],
	[{ isDraft: undefined, resolution: '720p' }, /is no draft\.$/],
	[{ status: 'queued' }, /is not ready yet; its status is queued\.$/],
	[{ status: 'running' }, /is not ready yet; its status is running\.$/],
	[{ status: 'failed', failure: { reason: 'moderation', message: 'refused.' } }, /gave no video; its status is failed: refused\.$/],
	[{ status: 'cancelled' }, /its status is cancelled\.$/],
	[{ status: 'expired' }, /its status is expired\.$/],
	[{ model: 'doubao-seedance-2-0-260128' }, /was made with doubao-seedance-2-0-260128; the Model is seedance-2\.5\.$/],
	[{ createdAtMs: nowMs - 7 * 86_400_000 }, /^The draft asyntask_1 is of 2026-11-21.*; it could be finalized for 7 days\.$/],
])('%j is refused', (differences, words) => {
	expect(problems(differences)).toEqual([expect.stringMatching(words)]);
});

it('The last moment of its seven days is good', () => {
	expect(problems({ createdAtMs: nowMs - 7 * 86_400_000 + 1 })).toEqual([]);
});

it('At PiAPI the twins of a model are two models', () => {
	const of = (model: string) => checkDraftTask(piapi, { model }, { ...draft, model: 'seedance-2.5' }, nowMs);
	expect(of('seedance-2.5')).toEqual([]);
	expect(of('seedance-2.5-less-restriction')).toHaveLength(1);
});

describe('Of the fields', () => {
	const input: VideoTaskInput = { model: 'seedance-2.5', mode: 'textToVideo', prompt: '', references: [], settings: {}, draftTaskId: 'asyntask_1' };
	const fieldsOf = (differences: Partial<VideoTaskInput>, provider = anyfast as Parameters<typeof checkFinalInput>[0]) =>
		checkFinalInput(provider, { ...input, ...differences }).map(({ field }) => field);

	it('those are taken that a final video can have of its own', () => {
		expect(fieldsOf({ settings: { returnLastFrame: true, outputFormat: 'mov', priority: 2, watermark: true } })).toEqual([]);
	});

	it('the others are refused, and so are values that cannot be', () => {
		expect(fieldsOf({ settings: { seed: 7, taskIntent: 'edit' } })).toEqual(['Intent', 'Seed']);
		expect(fieldsOf({ settings: { priority: 11 } })).toEqual(['Priority']);
		expect(fieldsOf({ settings: { outputFormat: 'mov' } }, piapi)).toEqual(['Output Format']);
	});

	it('the model has to make drafts, if it is known', () => {
		expect(fieldsOf({ model: 'seedance' })).toEqual(['Model']);
		expect(fieldsOf({ model: 'seedance-2.5-nsfw' })).toEqual([]);
		expect(checkFinalInput(apiframe, { ...input, model: 'seedance-2.5' })).toHaveLength(1);
	});
});
