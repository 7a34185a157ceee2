import { Container } from '@n8n/di';
import { BinaryDataBlobManager, BinaryDataConfig, BinaryDataService, ErrorReporter } from 'n8n-core';
import { readdir, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** Where n8n keeps files: in the items as base64, in a folder, or on a server of its own. */
export const binaryModes = ['memory', 'filesystem', 'database', 's3'] as const;
export type BinaryMode = (typeof binaryModes)[number];

type ByteStore = ConstructorParameters<typeof BinaryDataBlobManager>[0];

/** The content of the database and of S3. */
const remoteFiles = new Map<string, Buffer>();

/** Stands in for those servers. As n8n does with both, it has the whole file before it stores it. */
const remoteStore: ByteStore = {
	async write(key, body) {
		const bytes = Buffer.isBuffer(body) ? body : await buffer(body);
		remoteFiles.set(key, bytes);
		return bytes.length;
	},
	read: async (key) => await Promise.resolve(remoteFiles.get(key) ?? null),
	async readStream(key) {
		const bytes = remoteFiles.get(key);
		return await Promise.resolve(bytes ? Readable.from([bytes], { objectMode: false }) : null);
	},
	async copy(sourceKey, targetKey) {
		remoteFiles.set(targetKey, await requireFile(sourceKey));
	},
	async rename(oldKey, newKey) {
		remoteFiles.set(newKey, await requireFile(oldKey));
		remoteFiles.delete(oldKey);
	},
	async delete(keys) {
		for (const key of keys) remoteFiles.delete(key);
		await Promise.resolve();
	},
};

async function requireFile(key: string): Promise<Buffer> {
	const bytes = remoteFiles.get(key);
	return bytes ? await Promise.resolve(bytes) : await Promise.reject(new Error(`There is no file ${key}`));
}

export async function chooseBinaryMode(mode: BinaryMode) {
	const service = Container.get(BinaryDataService);
	Container.get(BinaryDataConfig).mode = mode === 'memory' ? 'default' : mode;
	await service.init();
	if (mode === 'database' || mode === 's3') {
		service.setManager(mode, new BinaryDataBlobManager(remoteStore, Container.get(ErrorReporter)));
	}
}

/** The files that n8n holds in a folder or on a server, with those that it has only begun. */
export async function storedFiles(): Promise<string[]> {
	const { localStoragePath } = Container.get(BinaryDataConfig);
	const entries = await readdir(localStoragePath, { recursive: true, withFileTypes: true });
	const local = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
	return [...local, ...remoteFiles.keys()].filter((name) => !/[./]metadata$/.test(name));
}

export async function removeStoredFiles(): Promise<void> {
	remoteFiles.clear();
	await rm(Container.get(BinaryDataConfig).localStoragePath, { recursive: true, force: true });
}
