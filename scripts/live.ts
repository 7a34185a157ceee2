/**
 * `npm run live -- --provider piapi`: asks a real provider, and compares every answer with what the
 * adapter and the simulator expect. Ends with 0 if all is as expected, 1 after a drift, 2 if it could not
 * be found out.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../nodes/shared/clock';
import { providers } from '../nodes/shared/providers';
import type { ProviderAdapter } from '../nodes/shared/providers/adapter';
import { automaticAssetIntervalMs, automaticTaskIntervalMs } from '../nodes/shared/wait/intervals';
import { openConnection } from './live/connection';
import { saveRecording } from './live/recording';
import { redactText } from './live/redact';
import { Side, wordsOf } from './live/side';
import { askSimulator } from './live/simulated';
import { answerQuestions, verdictsOf } from './live/verdict';
import { checkVideo, cleanUp, readEverything, makeThings, smallestVideo, takesAddressesOnly, type RoundTrip, type Things } from './live/walk';

const keyVariable = 'SEEDANCE_API_KEY';
/** Of the second pair of keys, which some providers want for assets. */
const assetKeyVariables: Readonly<Record<string, string>> = {
	accessKeyId: 'SEEDANCE_ACCESS_KEY_ID',
	secretAccessKey: 'SEEDANCE_SECRET_ACCESS_KEY',
};
const help = `Asks a real provider and compares its answers with what this package expects.
The API key is read from the environment variable ${keyVariable}; it is neither stored nor printed.
So are the keys for the assets of BytePlus and Volcengine: ${Object.values(assetKeyVariables).join(', ')}.

  --provider <id>         ${providers.map(({ id }) => id).join(', ')}
  --pay                   also make one asset group, one asset and one short video, and delete what can be
                          deleted; without it nothing is created and nothing is billed
  --model <id>            for the video; default: the smallest that cites assets
  --image-url <url>       public picture for the asset; default: a picture of this repository
  --record <folder>       save the answers, free of the key and of names, as <folder>/<provider>.json
  --base-url <url>        default: that of the credential
  --upload-url <url>      where the provider takes files, if that is a host of its own
  --region <name>         ${providers.flatMap(({ id, regions }) => Object.keys(regions ?? {}).map((name) => `${name} (${id})`)).join(', ')}
  --asset-url <url>       the API of the assets, where it is one of its own; default: that of the region
  --poll-seconds <n>      between two checks of an asset or a task; default: as the nodes do
  --help
`;

const options = {
	provider: { type: 'string' },
	pay: { type: 'boolean', default: false },
	model: { type: 'string' },
	'image-url': { type: 'string' },
	record: { type: 'string' },
	'base-url': { type: 'string' },
	'upload-url': { type: 'string' },
	region: { type: 'string' },
	'asset-url': { type: 'string' },
	'poll-seconds': { type: 'string' },
	help: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
	const { values } = parseArgs({ options });
	if (values.help) {
		say(help);
		return 0;
	}
	const provider = findProvider(values.provider);
	const apiKey = readKey();
	if (apiKey === '') throw new RangeError(`Put the API key into the environment variable ${keyVariable}`);
	const connection = await openConnection(provider, {
		apiKey,
		baseUrl: values['base-url'],
		uploadUrl: values['upload-url'],
		region: values.region,
		assetUrl: values['asset-url'],
		assetKeys: readAssetKeys(provider),
		clock: systemClock,
	});
	if (values.pay && takesAddressesOnly(provider) && values['image-url'] === undefined) {
		throw new RangeError(`${provider.displayName} makes assets of public addresses only: give one of a picture with --image-url`);
	}
	const side = new Side(connection);
	say(`${provider.displayName} at ${connection.baseUrl}, ${values.pay ? 'with one paid round trip' : 'free calls only'}\n`);

	await readEverything(side);
	const [test] = side.answers;
	if (values.pay && test?.problem === undefined) {
		const trip = {
			imageUrl: values['image-url'],
			input: smallestVideo(provider, { modelId: values.model, region: connection.region }),
			intervalMs: readInterval(values['poll-seconds']),
		};
		await payOnce(side, trip, connection.secrets);
	}
	if (test?.problem !== undefined) {
		say(`The free test of the key failed, so nothing else was asked: ${test.problem}`);
		return 2;
	}
	const expected = await askSimulator(provider);
	if (!expected) say(`There is no simulator of ${provider.displayName}: only the adapter is asked.\n`);
	const hasDrift = report(provider, side, expected);
	if (values.record !== undefined) {
		const file = await saveRecording(values.record, { provider: provider.id, answers: side.answers });
		say(`\nRecorded ${side.answers.length} answers in ${file}`);
	}
	return hasDrift ? 1 : 0;
}

async function payOnce(side: Side, trip: RoundTrip, secrets: readonly string[]): Promise<void> {
	const { model, settings } = trip.input;
	say(`Ordering ${String(settings.durationSeconds)} s in ${String(settings.resolution)} from ${model}\n`);
	const things: Things = {};
	try {
		const problem = await checkVideo(await makeThings(side, things, trip));
		say(problem === undefined ? 'The video is an MP4.\n' : `The video cannot be fetched: ${problem}\n`);
		if (problem !== undefined) side.record('download', problem);
	} catch (error) {
		// The answer that it comes from is compared below.
		say(`The round trip ended early: ${redactText(wordsOf(error), secrets)}\n`);
		side.record('round trip', 'ended early');
	} finally {
		await cleanUp(side, things);
		for (const [what, id] of Object.entries(things)) say(`  ${what} ${String(id)}`);
		say('');
	}
}

/** @returns whether anything was not as expected */
function report(provider: ProviderAdapter, { answers }: Side, expected: Side | undefined): boolean {
	const verdicts = verdictsOf(provider.id, answers, expected?.answers ?? []);
	for (const { label, statusCodes, matching, drift } of verdicts) {
		const compared = matching === undefined ? 'read, without one of the simulator to compare' : `${matching} paths as expected`;
		say(`${drift.length === 0 ? '✓' : '✗'} ${label.padEnd(32)} ${statusCodes.join(', ').padEnd(9)} ${compared}`);
		for (const line of drift) say(`    ${line}`);
	}
	const questions = answerQuestions(provider.id, answers);
	const answered = questions.filter(({ seen }) => seen.length > 0);
	if (answered.length > 0) say('\nUnknown until now');
	for (const { question, seen } of answered) say(`  ${question}\n${seen.map((line) => `    ${line}`).join('\n')}`);
	const open = questions.filter(({ seen }) => seen.length === 0);
	if (open.length > 0) say('\nStill unknown');
	for (const { question } of open) say(`  ${question}`);
	const drifted = verdicts.filter(({ drift }) => drift.length > 0).length;
	say(`\n${verdicts.length - drifted} kinds of answers matched, ${drifted} drifted`);
	return drifted > 0;
}

function findProvider(id: string | undefined): ProviderAdapter {
	const provider = providers.find((known) => known.id === id);
	if (provider) return provider;
	throw new RangeError(`--provider must be one of ${providers.map((known) => known.id).join(', ')}`);
}

function readInterval(text: string | undefined): RoundTrip['intervalMs'] {
	if (text === undefined) {
		return (kind, ageMs) => (kind === 'asset' ? automaticAssetIntervalMs(ageMs) : automaticTaskIntervalMs(ageMs));
	}
	const seconds = Number(text);
	if (!(seconds > 0)) throw new RangeError('--poll-seconds must be a positive number');
	return () => seconds * 1000;
}

/** Blanks around it get lost on the way, and a provider repeats it without them. */
const readVariable = (name: string) => (process.env[name] ?? '').trim();
const readKey = () => readVariable(keyVariable);

/** @throws RangeError if one that the provider wants is missing */
function readAssetKeys({ assetApi, displayName }: ProviderAdapter): Record<string, string> {
	return Object.fromEntries(
		Object.entries(assetApi?.keys ?? {}).map(([name, label]) => {
			const variable = assetKeyVariables[name] ?? '';
			const value = readVariable(variable);
			if (value === '') throw new RangeError(`${displayName} wants the ${label} for its assets: put it into the environment variable ${variable}`);
			return [name, value];
		}),
	);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

main().then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		process.stderr.write(`${redactText(wordsOf(error), [readKey(), ...Object.values(assetKeyVariables).map(readVariable)].filter(Boolean))}\n`);
		process.exitCode = 2;
	},
);
