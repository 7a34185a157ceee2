import { checkVideoTaskInput } from '../../nodes/shared/checks/checkVideoTaskInput';
import { estimateCost } from '../../nodes/shared/estimate/estimate';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { settingsToSend } from '../../nodes/shared/providers/adapter';
import { anyfast } from '../../nodes/shared/providers/anyfast';
import { piapi } from '../../nodes/shared/providers/piapi';
import { automaticDuration, type VideoSettings } from '../../nodes/shared/videoSettings';
import type { GenerationMode, MediaReference, MediaType, VideoTaskInput } from '../../nodes/shared/vocabulary';

/** What Seedance 2.5 takes and refuses, and what is never left to it. */

const references = (counts: Partial<Record<MediaType, number>>): MediaReference[] =>
	Object.entries(counts).flatMap(([mediaType, count]) =>
		Array.from({ length: count }, (_, index) => ({
			mediaType: mediaType as MediaType,
			role: 'reference' as const,
			by: 'asGiven' as const,
			medium: { kind: 'asset' as const, assetId: `${mediaType}-${index + 1}` },
		})),
	);

const input = (differences: Partial<VideoTaskInput> = {}): VideoTaskInput => ({
	model: 'seedance-2.5',
	mode: 'textToVideo',
	prompt: 'A cat plays the piano',
	references: [],
	settings: {},
	...differences,
});
const problems = (differences: Partial<VideoTaskInput>, provider: ProviderAdapter = anyfast) =>
	checkVideoTaskInput(provider, input(differences)).map(({ message }) => message);

describe('References of AnyFast', () => {
	it.each<[string, Partial<Record<MediaType, number>>, RegExp[]]>([
		['seedance-2.5', { image: 30, video: 10, audio: 10 }, []],
		['seedance-2.5', { audio: 1 }, []],
		['seedance-2.5', {}, [/needs at least one reference; there is none/]],
		['seedance-2.5', { image: 31 }, [/up to 30 images; there are 31/]],
		['seedance-2.0', { image: 9, video: 3, audio: 3 }, []],
		['seedance-2.0', { image: 10 }, [/up to 9 images/]],
		['seedance-2.0', { audio: 1 }, [/at least one image or video; there is only audio/]],
		// Nobody knows its limits.
		['seedance-2.5-nsfw', { image: 40, audio: 12 }, []],
	])('with %s as %j', (model, counts, expected) => {
		const found = problems({ model, mode: 'multimodalReference', references: references(counts) });
		expect(found).toHaveLength(expected.length);
		for (const [index, words] of expected.entries()) expect(found[index]).toMatch(words);
	});
});

describe('Settings of AnyFast', () => {
	const settings: VideoSettings = {
		draft: false,
		taskIntent: 'auto',
		outputFormat: 'mov',
		priority: 9,
		serviceTier: 'default',
		executionExpiresAfterSeconds: 3600,
		safetyIdentifier: 'user-4711',
	};

	it('are all taken with seedance-2.5 and with a model that no table knows', () => {
		for (const model of ['seedance-2.5', 'seedance-2.5-nsfw']) expect(problems({ model, settings })).toEqual([]);
	});

	it('are refused one by one with a model that has none of them', () => {
		const found = problems({ model: 'seedance', settings });
		expect(found).toHaveLength(Object.keys(settings).length);
		for (const message of found) expect(message).toMatch(/^Seedance 2\.0 at AnyFast does not have the setting /);
	});

	it.each<[VideoSettings, RegExp]>([
		[{ resolution: '4k' }, /^Resolution must be 480p, 720p or 1080p with Seedance 2\.5 at AnyFast; it is 4k/],
		[{ durationSeconds: 31 }, /^Duration \(Seconds\) must be a whole number from 4 to 30, or Automatic, with Seedance 2\.5/],
		[{ priority: 10 }, /^Priority must be a whole number from 0 to 9; it is 10/],
		[{ executionExpiresAfterSeconds: 172_801 }, /from 60 to 172800; it is 172801/],
		[{ outputFormat: 'avi' }, /^Output Format must be mp4 or mov; it is avi/],
		[{ taskIntent: 'editing' }, /^Intent must be auto, reference, edit or extend; it is editing/],
		[{ serviceTier: 'flex' }, /^Service Tier must be default with Seedance 2\.5; it is flex/],
		[{ safetyIdentifier: 'x'.repeat(65) }, /^Safety Identifier has 65 characters; 64 are allowed/],
		[{ draft: true, resolution: '1080p' }, /^Resolution must be 480p for a Draft; it is 1080p/],
		[{ webSearch: true }, /does not have the setting Web Search/],
	])('%j are refused in words', (wrong, words) => {
		const found = problems({ settings: wrong });
		expect(found[0]).toMatch(words);
	});

	it('Automatic is refused by a model that cannot choose', () => {
		expect(problems({ model: 'seedance', settings: { durationSeconds: automaticDuration } })).toEqual([
			'Duration (Seconds) must be a whole number from 4 to 15 with Seedance 2.0 at AnyFast; it is Automatic.',
		]);
	});

	it('a resolution is needed with seedance-2.0-ultra, and 2k is its own', () => {
		expect(problems({ model: 'seedance-2.0-ultra' })).toEqual(['Resolution is empty.']);
		expect(problems({ model: 'seedance-2.0-ultra', settings: { resolution: '2k' } })).toEqual([]);
		expect(problems({ model: 'seedance-2.0', settings: { resolution: '4k' } })).toEqual([]);
		expect(problems({ model: 'seedance-2.0-mini', settings: { resolution: '1080p' } })).toHaveLength(1);
	});
});

describe('What would only fail minutes later is refused before it is paid:', () => {
	const frames = (count: 1 | 2): MediaReference[] =>
		references({ image: count }).map((reference, index) => ({ ...reference, role: index === 0 ? 'firstFrame' : 'lastFrame' }));
	const cited: Partial<Record<GenerationMode, MediaReference[]>> = {
		firstFrame: frames(1),
		firstAndLastFrame: frames(2),
		videoEditing: references({ image: 1, video: 1 }),
		videoExtension: references({ video: 1 }),
	};

	it.each(Object.entries(cited))('a ratio of its own in %s', (mode, given) => {
		const of = (settings: VideoSettings) => problems({ mode: mode as GenerationMode, references: given, settings });
		expect(of({ ratio: '9:16' })).toEqual([expect.stringMatching(/^Aspect Ratio must be adaptive with Seedance 2\.5 in .+; it is 9:16\.$/)]);
		expect(of({ ratio: 'adaptive' })).toEqual([]);
		expect(problems({ model: 'seedance', mode: mode as GenerationMode, references: given, settings: { ratio: '9:16' } })).toEqual([]);
	});

	it('a length for a video that is edited', () => {
		const edit = (settings: VideoSettings) => problems({ mode: 'videoEditing', references: cited.videoEditing, settings });
		expect(edit({ durationSeconds: 8 })).toEqual(['Duration (Seconds) must be Automatic with Seedance 2.5 in Edit Video; it is 8.']);
		expect(edit({ durationSeconds: automaticDuration })).toEqual([]);
	});

	it.each<[GenerationMode, Partial<Record<MediaType, number>>, string, RegExp | undefined]>([
		['textToVideo', {}, 'auto', undefined],
		['textToVideo', {}, 'edit', /^Intent must be auto in the Mode Text to Video; it is edit/],
		['multimodalReference', { image: 1 }, 'reference', undefined],
		['multimodalReference', { image: 1 }, 'edit', /^The Intent edit needs a video; there is none/],
		['multimodalReference', { image: 1 }, 'extend', /^The Intent extend needs a video; there is none/],
		['multimodalReference', { video: 1 }, 'edit', undefined],
		['videoEditing', { image: 1, video: 1 }, 'extend', /^Intent must be auto or edit in the Mode Edit Video; it is extend/],
		['videoExtension', { video: 1 }, 'extend', undefined],
		['videoExtension', { video: 1 }, 'reference', /^Intent must be auto or extend in the Mode Extend Video/],
	])('in %s with %j the intent %s', (mode, counts, taskIntent, words) => {
		const [first, ...others] = problems({ mode, references: references(counts), settings: { taskIntent } });
		expect(others).toEqual([]);
		if (words) expect(first).toMatch(words);
		else expect(first).toBeUndefined();
	});
});

describe('What is sent although the user did not set it', () => {
	const sent = (differences: Partial<VideoTaskInput>, provider: ProviderAdapter = anyfast) => settingsToSend(provider, input(differences));

	it('is a length, as the model would choose a longer one', () => {
		expect(sent({})).toEqual({ durationSeconds: 5 });
		expect(sent({ settings: { durationSeconds: 12 } })).toEqual({ durationSeconds: 12 });
		expect(sent({ mode: 'videoEditing' })).toEqual({ durationSeconds: automaticDuration });
		expect(sent({ mode: 'multimodalReference', settings: { taskIntent: 'edit' } })).toMatchObject({ durationSeconds: automaticDuration });
	});

	it('is the resolution of a draft', () => {
		expect(sent({ settings: { draft: true } })).toMatchObject({ resolution: '480p' });
		expect(sent({ settings: { draft: true } }, piapi)).toEqual({ draft: true, resolution: '480p' });
		expect(sent({ settings: { draft: false } }, piapi)).toEqual({ draft: false });
	});

	it('is nothing at all with any other model', () => {
		for (const model of ['seedance', 'seedance-2.0', 'seedance-2.5-nsfw']) expect(sent({ model })).toEqual({});
		expect(sent({}, piapi)).toEqual({});
	});
});

describe('An estimate', () => {
	const estimate = (model: string, settings: VideoSettings, perSecond?: number) =>
		estimateCost(anyfast, { model, settings, references: [] }, {
			ownPrices: perSecond === undefined ? [] : [{ price: { amount: perSecond, currency: 'USD', per: 'second' } }],
			videoSeconds: [],
		});

	it('of an automatic length is an upper bound, for the longest that the model makes', () => {
		expect(estimate('seedance-2.5', { durationSeconds: automaticDuration, resolution: '720p', ratio: '16:9' }, 0.1).estimate).toMatchObject({
			amount: 3,
			seconds: 30,
			isUpperBound: true,
		});
		expect(estimate('seedance-2.5', { durationSeconds: automaticDuration, resolution: '720p', ratio: '16:9' }).estimate).toMatchObject({
			seconds: 30,
			tokens: 648_900,
			isUpperBound: true,
		});
	});

	it('of a model that no table knows is not made up', () => {
		expect(estimate('seedance-9', { durationSeconds: automaticDuration }, 0.1)).toMatchObject({ estimate: null, reason: expect.stringContaining('Set Duration') });
	});

	it('counts no tokens where nobody says how they are counted', () => {
		expect(estimate('seedance-2.0-ultra', { durationSeconds: 5, resolution: '1080p', ratio: '16:9' }).estimate).toMatchObject({ tokens: null, seconds: 5 });
		expect(estimate('seedance-2.0', { durationSeconds: 5, resolution: '4k', ratio: '16:9' }).estimate).toMatchObject({ tokens: 980_100 });
	});
});
