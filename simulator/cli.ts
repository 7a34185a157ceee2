import { parseArgs } from 'node:util';
import { arkAccess, defaultApiKey, fixedPorts, providerIds, providers, startSimulator, type ApiCall } from './index';

const portOptions = Object.entries(fixedPorts).map(([server, port]) => ({
	server,
	name: `${server}-port`,
	port: String(port),
}));

const help = `Simulates the Seedance providers on this computer. Nothing leaves it, nothing is paid.

${portOptions.map(({ name, port }) => `  ${`--${name} <port>`.padEnd(32)} default ${port}`).join('\n')}
  --speed <factor>                 simulated seconds per second, default 10: a video takes 6.5 s, not 65 s
  --key <key>                      the accepted API key
  --state <folder>                 keeps groups, assets and tasks from one start to the next
  --help
`;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			...Object.fromEntries(portOptions.map(({ name }) => [name, { type: 'string' as const }])),
			speed: { type: 'string', default: '10' },
			key: { type: 'string', default: defaultApiKey },
			state: { type: 'string' },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) {
		process.stdout.write(help);
		return;
	}
	const given: Readonly<Record<string, string | boolean | undefined>> = values;
	const ports = portOptions.map(({ server, name, port }) => {
		return [server, readPositive(name, String(given[name] ?? port))] as const;
	});
	const simulator = await startSimulator({
		ports: Object.fromEntries(ports),
		timeScale: readPositive('speed', values.speed),
		apiKey: values.key,
		stateFolder: values.state,
		onCall: (call) => log(call.provider, describe(call)),
		onStorageCall: (call) => {
			const leak = call.credentials.length > 0 ? `  CREDENTIALS SENT: ${call.credentials.join(', ')}` : '';
			log('storage', describe(call) + leak);
		},
		webhooks: 'automatic',
		onWebhook: ({ provider, event, url, attempt, statusCode }) => {
			const { origin, pathname } = new URL(url);
			const answer = statusCode ?? 'no answer';
			log(provider, `WEBHOOK ${event} ${origin}${pathname} attempt ${attempt}: ${answer}`);
		},
		onBill: ({ provider, kind, model, id }) => log(provider, `BILLED ${kind} ${model} ${id}`),
	});
	const { baseUrls, uploadUrls, storageUrl, apiKey } = simulator;
	const china = arkAccess(simulator, 'china');
	const ark = arkAccess(simulator);
	process.stdout.write(
		[
			'Seedance simulator. Stop with Ctrl-C.',
			'',
			...providerIds.flatMap((id) => {
				const uploadUrl = uploadUrls[id];
				const lines = [`  ${providers[id].displayName.padEnd(8)} ${baseUrls[id]}`];
				if (uploadUrl !== undefined) lines.push(`    upload ${new URL(uploadUrl).origin}`);
				return lines;
			}),
			`    assets ${ark.controlBaseUrl}`,
			`    access key ${ark.accessKeyId}, secret ${ark.secretAccessKey}`,
			`  ModelArk of China ${china.baseUrl}, key ${china.apiKey}`,
			`    assets ${china.controlBaseUrl}`,
			`    access key ${china.accessKeyId}, secret ${china.secretAccessKey}`,
			`  storage  ${storageUrl}`,
			`  API key  ${apiKey}`,
			'',
			`curl ${baseUrls.anyfast}/v1/video/generations \\`,
			`  -H 'Authorization: Bearer ${apiKey}' -H 'Content-Type: application/json' \\`,
			`  -d '{"model":"seedance","content":[{"type":"text","text":"A cat playing piano"}],"duration":4}'`,
			'',
			`curl -H 'Authorization: Bearer ${apiKey}' ${baseUrls.anyfast}/v1/video/generations/<id>`,
			'',
			'',
		].join('\n'),
	);
	await new Promise<void>((resolve) => {
		process.once('SIGINT', resolve).once('SIGTERM', resolve);
	});
	await simulator.close();
}

function readPositive(name: string, text: string): number {
	const value = Number(text);
	if (value > 0) return value;
	throw new RangeError(`--${name} must be a positive number`);
}

function describe(call: Pick<ApiCall, 'method' | 'path' | 'statusCode'>): string {
	return `${call.method} ${call.path} ${call.statusCode ?? 'no answer'}`;
}

function log(source: string, text: string): void {
	process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${source.padEnd(8)} ${text}\n`);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
