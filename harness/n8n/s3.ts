import { join } from 'node:path';
import { fetch } from 'undici';
import { nodeOfN8n } from './n8n';
import { freePort, startService } from './process';

/** The account that the server knows; it verifies the signature of every signed request. */
const account = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** Its package has no command of its own. */
const program = "require('@20minutes/s3rver/lib/cli').parseAsync()";

export interface S3Server {
	/** Fields of n8n's credential type `s3`. */
	credentialData: Record<string, string | boolean>;
	/** What is stored under a key. */
	object(key: string): Promise<{ bytes: Buffer; contentType: string | null }>;
	close(): Promise<void>;
}

/**
 * Starts an S3-compatible server with one bucket; its files and its log are in `folder`.
 *
 * @throws Error with the end of its log when it does not become ready
 */
export async function startS3Server(folder: string, bucket: string): Promise<S3Server> {
	const port = await freePort();
	const endpoint = `http://127.0.0.1:${port}`;
	const options = {
		directory: join(folder, 'objects'),
		address: '127.0.0.1',
		port: String(port),
		'configure-bucket': bucket,
	};
	const { stop } = await startService({
		name: 'The S3 server',
		command: nodeOfN8n,
		args: [
			...['--eval', program, '--', 's3rver', '--no-vhost-buckets'],
			...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
		],
		cwd: __dirname,
		env: { PATH: process.env.PATH },
		logFile: join(folder, 's3.log'),
		isReady: async () => (await fetch(`${endpoint}/${bucket}?location=`)).ok,
		startTimeoutMs: 30_000,
		stopGraceMs: 2_000,
	});
	return {
		credentialData: { endpoint, region: 'us-east-1', ...account, forcePathStyle: true, ignoreSSLIssues: false },
		async object(key) {
			const response = await fetch(`${endpoint}/${bucket}/${key}`);
			if (!response.ok) throw new Error(`The S3 server answered ${response.status} for ${key}`);
			return {
				bytes: Buffer.from(await response.arrayBuffer()),
				contentType: response.headers.get('content-type'),
			};
		},
		close: stop,
	};
}
