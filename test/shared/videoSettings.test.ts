import { readSettings, settingsField, surfaceFields } from '../../nodes/SeedanceGenerate/actions/settings.fields';
import { checkVideoTaskInput } from '../../nodes/shared/checks/checkVideoTaskInput';
import { Parameters } from '../../nodes/shared/node/parameters';
import { providers } from '../../nodes/shared/providers';
import { videoLimits } from '../../nodes/shared/providers/adapter';
import { settingNames, videoSettings, type SettingKind } from '../../nodes/shared/videoSettings';

const given: Readonly<Record<SettingKind, { typed: string; read: unknown }>> = {
	text: { typed: ' 720p ', read: '720p' },
	number: { typed: '7', read: 7 },
	boolean: { typed: 'yes', read: true },
};

const parametersOf = (values: Record<string, unknown>) => new Parameters((name) => values[name]);

describe('the table of video settings', () => {
	const addable = (settingsField.options ?? []).flatMap((field) => ('displayName' in field ? field : []));

	it('gives each setting one field, in the order of the alphabet', () => {
		expect(surfaceFields.map(({ name }) => name)).toEqual(['ratio', 'durationSeconds', 'resolution']);
		const rows = settingNames.filter((name) => !videoSettings[name].isOnSurface).map((name) => [videoSettings[name].label, name]).sort();
		expect(addable.map(({ displayName, name }) => [displayName.replace(/ \((?!Hours|Seconds).*/, ''), name])).toEqual(rows);
	});

	it('names a field with the providers that have it, where not all do, as their adapters say', () => {
		for (const { displayName, name } of [...surfaceFields, ...addable]) {
			const able = providers.filter((provider) =>
				provider.videoModels.some((model) => videoLimits(provider, model).settings.some((setting) => setting === name)),
			);
			const names = able.map((provider) => provider.displayName).join(', ');
			expect(displayName.endsWith(`(${names})`)).toBe(able.length < providers.length);
		}
		expect(addable.map(({ displayName }) => displayName)).toContain('Fixed Camera (Apiframe, BytePlus / Volcengine)');
	});

	it.each(surfaceFields)('begins the menu of $displayName with what is not sent', ({ options = [], default: standard }) => {
		expect(options[0]).toEqual({ name: 'Provider Default', value: '' });
		expect(standard).toBe('');
		expect(options.length).toBeGreaterThan(4);
	});

	it('names a value of a menu with the providers that have it, where not all do', () => {
		const namesOf = (name: string) => surfaceFields.find((field) => field.name === name)?.options?.map((option) => option.name);
		expect(namesOf('resolution')).toEqual(['Provider Default', '480p', '720p', '1080p', '4k (AnyFast, Apiframe, BytePlus / Volcengine)', '2k (AnyFast, Alad)']);
		expect(namesOf('durationSeconds')).toEqual(expect.arrayContaining(['Automatic (AnyFast, BytePlus / Volcengine)', '4', '15', '16 (AnyFast, PiAPI, BytePlus / Volcengine)', '30 (AnyFast, PiAPI, BytePlus / Volcengine)']));
	});

	it.each(settingNames.map((name) => [videoSettings[name].label, name] as const))('reads %s by its kind', (_, name) => {
		const { typed, read } = given[videoSettings[name].kind];
		const values = videoSettings[name].isOnSurface ? { [name]: typed } : { settings: { [name]: typed } };
		expect(readSettings(parametersOf(values))).toEqual({ [name]: read });
	});

	it('takes Provider Default, and a field without a value, as no setting', () => {
		expect(readSettings(parametersOf({ resolution: '', ratio: ' ', durationSeconds: '', settings: {} }))).toEqual({});
		expect(readSettings(parametersOf({ durationSeconds: null }))).toEqual({});
	});

	/** Where the model has a narrower range, that is a test of its own. */
	const ranges = settingNames.flatMap((name) => {
		const { range } = videoSettings[name];
		const offering = providers.flatMap((provider) => {
			const able = provider.videoModels.find((model) => videoLimits(provider, model).settings.includes(name));
			return able && !videoLimits(provider, able).ranges?.[name] ? [{ provider, model: able.id }] : [];
		});
		return range && offering.length > 0 ? [{ name, ...range, offering }] : [];
	});

	it('has settings with a range of whole numbers', () => {
		expect(ranges.map(({ name }) => name)).toEqual(expect.arrayContaining(['seed', 'priority', 'assetRetentionHours']));
	});

	it.each(ranges)('holds $name to whole numbers from $min to $max', ({ name, min, max, offering }) => {
		for (const { provider, model } of offering) {
			const problemsOf = (value: number) =>
				checkVideoTaskInput(provider, {
					model,
					mode: 'textToVideo',
					prompt: 'a cat',
					references: [],
					settings: { [name]: value },
				});
			expect([min, max].flatMap(problemsOf)).toEqual([]);
			for (const value of [min - 1, min + 0.5, max + 1]) {
				const { label } = videoSettings[name];
				expect(problemsOf(value)).toMatchObject([
					{ field: label, message: `${label} must be a whole number from ${min} to ${max}; it is ${value}.` },
				]);
			}
		}
	});
});
