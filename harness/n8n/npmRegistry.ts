import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CommunityPackagesConfig } from 'n8n/dist/modules/community-packages/community-packages.config.js';
import { name, version } from '../../package.json';
import { startHostStandIn } from './hostStandIn';

export interface NpmRegistry {
	/** For n8n, which then installs from here. */
	env: Record<string, string>;
	close(): Promise<void>;
}

/**
 * Answers in place of the npm registry that n8n installs community packages from, with this package alone. So n8n's
 * own installer can be shown before the package is published: n8n takes another registry only with a license.
 *
 * @param folder gets the certificate
 * @param packageTarball what `npm pack` made
 */
export async function startNpmRegistry(folder: string, packageTarball: string): Promise<NpmRegistry> {
	const { registry } = new CommunityPackagesConfig();
	const tarball = await readFile(packageTarball);
	const tarballPath = `/${name}/-/${name}-${version}.tgz`;
	const dist = {
		tarball: `${registry}${tarballPath}`,
		integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
		shasum: createHash('sha1').update(tarball).digest('hex'),
	};
	const manifest = { name, version, dist };
	const documents = new Map<string, object>([
		[`/${name}`, { name, 'dist-tags': { latest: version }, versions: { [version]: manifest } }],
		[`/${name}/latest`, manifest],
		[`/${name}/${version}`, manifest],
	]);
	const { env, close } = await startHostStandIn(folder, new URL(registry).hostname, ({ url = '' }, response) => {
		const document = documents.get(url);
		if (url === tarballPath) response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball);
		else if (document) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
		else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not_found"}');
	});
	// What npm's global settings say of registries and certificates must not hold for the npm that n8n starts.
	const npmSettings = {
		npm_config_registry: registry,
		npm_config_cafile: env.NODE_EXTRA_CA_CERTS,
		npm_config_update_notifier: 'false',
	};
	return { env: { ...env, ...npmSettings }, close };
}
