import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { runProgram } from './process';

export interface HostStandIn {
	/** For n8n: its own settings of a proxy and of a certificate, by which it reaches this server. */
	env: { HTTPS_PROXY: string; NODE_EXTRA_CA_CERTS: string };
	/** Hosts, with their ports, that were asked for instead and refused. */
	otherHosts: readonly string[];
	close(): Promise<void>;
}

/**
 * Answers on 127.0.0.1 for one host of the internet, behind TLS and a proxy that leads to it alone.
 *
 * @param folder gets the certificate, which is made anew
 */
export async function startHostStandIn(folder: string, host: string, answer: RequestListener): Promise<HostStandIn> {
	const { key, cert, certFile } = await makeCertificate(folder, host);
	const otherHosts: string[] = [];
	const server = createTlsServer({ key, cert }, answer);
	const sockets = new Set<Socket>();
	const proxy = createHttpServer((_request, response) => response.writeHead(501).end());
	proxy.on('connect', (request: IncomingMessage, client: Socket) => {
		if (request.url !== `${host}:443`) {
			otherHosts.push(request.url ?? '');
			client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
			return;
		}
		const target = connect(portOf(server), '127.0.0.1', () => {
			client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
			client.pipe(target).pipe(client);
		});
		for (const [socket, other] of [
			[client, target],
			[target, client],
		] as const) {
			sockets.add(socket);
			socket.on('error', () => other.destroy()).on('close', () => other.destroy());
		}
	});
	await Promise.all([server, proxy].map(async (each) => {
		each.listen(0, '127.0.0.1');
		await once(each, 'listening');
	}));
	return {
		env: { HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`, NODE_EXTRA_CA_CERTS: certFile },
		otherHosts,
		async close() {
			for (const socket of sockets) socket.destroy();
			await Promise.all([server, proxy].map(async (each) => {
				each.close();
				each.closeAllConnections();
				await once(each, 'close');
			}));
		},
	};
}

function portOf(server: Server): number {
	return (server.address() as AddressInfo).port;
}

/** A certificate of this run for the host, which no other program trusts. */
async function makeCertificate(folder: string, host: string) {
	await mkdir(folder, { recursive: true });
	const [keyFile, certFile] = [join(folder, `${host}.key.pem`), join(folder, `${host}.cert.pem`)];
	await runProgram('openssl', [
		...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${host}`],
		...['-addext', `subjectAltName=DNS:${host}`, '-keyout', keyFile, '-out', certFile],
	]);
	return { key: await readFile(keyFile), cert: await readFile(certFile), certFile };
}
