import { build } from 'esbuild';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Each module here names what the nodes use of one library. */
const librariesFolder = 'nodes/shared/libraries';
export const noticesFile = 'THIRD-PARTY-NOTICES.md';

/**
 * Replaces the compiled modules of `nodes/shared/libraries` by bundles that need no package, and writes the licences of
 * the packages that are in them.
 * @param distFolder what `tsc` has written into
 * @throws Error if a licence is missing
 */
export async function bundleLibraries(projectRoot: string, distFolder: string): Promise<void> {
	const modules = readdirSync(path.join(projectRoot, librariesFolder)).filter((name) => /(?<!\.d)\.ts$/.test(name));
	const { metafile } = await build({
		absWorkingDir: projectRoot,
		entryPoints: modules.map((name) => `${librariesFolder}/${name}`),
		outbase: '.',
		outdir: distFolder,
		metafile: true,
		bundle: true,
		format: 'cjs',
		// That of a browser, so that nothing of Node gets in.
		platform: 'browser',
		target: 'node20',
		logLevel: 'warning',
	});
	const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
		Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
	);
	const notices = packageFolders(bundled).map((folder) => noticeOf(path.join(projectRoot, folder)));
	writeFileSync(path.join(distFolder, noticesFile), `${[introduction, ...notices].join('\n\n')}\n`);
}

const introduction = `# Third-party notices

The files in \`dist/${librariesFolder}\` are made of these packages. Their code is unchanged; what is not used is left out.`;

/** @param files that are in a bundle. @returns the folders of the packages that they belong to, in order */
function packageFolders(files: readonly string[]): string[] {
	const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []);
	return [...new Set(folders)].sort();
}

interface PackageManifest {
	name: string;
	version: string;
	license: string;
	/** A URL, or the owner and name of a repository on GitHub. */
	repository: string | { url: string };
}

function noticeOf(folder: string): string {
	const { name, version, license, repository } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as PackageManifest;
	const licenceFile = readdirSync(folder).find((file) => /^licen[cs]e(?:\.md|\.txt)?$/i.test(file));
	if (licenceFile === undefined) throw new Error(`${name} has no file with its licence`);
	const source = typeof repository === 'string' ? `https://github.com/${repository}` : repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
	return [
		`## ${name} ${version}`,
		`Licence: ${license}. Source: ${source}`,
		`\`\`\`text\n${readFileSync(path.join(folder, licenceFile), 'utf8').trim()}\n\`\`\``,
	].join('\n\n');
}
