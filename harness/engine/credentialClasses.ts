import type { ICredentialType } from 'n8n-workflow';
import { basename, join } from 'node:path';
import manifest from '../../package.json';

type CredentialClass = new () => ICredentialType;

/** The classes of the credentials that package.json lists, from their sources. As n8n does, takes the name from the file. */
export async function credentialClasses(): Promise<CredentialClass[]> {
	return await Promise.all(
		manifest.n8n.credentials.map(async (built) => {
			const source = join(__dirname, '../..', built.replace(/^dist\//, '').replace(/\.js$/, ''));
			const exported = (await import(source)) as Record<string, CredentialClass>;
			const found = exported[basename(source, '.credentials')];
			if (!found) throw new Error(`${source} has no class of the same name`);
			return found;
		}),
	);
}
