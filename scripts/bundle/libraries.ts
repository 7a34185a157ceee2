import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Each file here names what the nodes use of one library. */
const librariesFolder = 'nodes/shared/libraries';
export const noticesFile = 'THIRD-PARTY-NOTICES.md';

/** What of the global object a library may use; n8n's review refuses `globalThis` itself. */
const allowedGlobals = ['TextDecoder', 'TextEncoder'];
const globalsObject = 'hostGlobals';

/**
 * Replaces the compiled files of `nodes/shared/libraries` by bundles that need no package, and writes the licences of
 * the packages that are in them.
 * @param distFolder what `tsc` has written into
 * @throws Error if n8n's review would refuse a bundle, or a licence is missing
 */
export async function bundleLibraries(projectRoot: string, distFolder: string): Promise<void> {
	const names = readdirSync(path.join(projectRoot, librariesFolder)).filter((name) => name.endsWith('.ts'));
	const { metafile, outputFiles } = await build({
		absWorkingDir: projectRoot,
		entryPoints: names.map((name) => `${librariesFolder}/${name}`),
		outbase: '.',
		outdir: distFolder,
		write: false,
		metafile: true,
		bundle: true,
		format: 'cjs',
		// That of a browser, so that the parts of a library that read and write files of the server stay out.
		platform: 'browser',
		target: 'node20',
		// A quarter of the package would be names of variables.
		minify: true,
		legalComments: 'eof',
		drop: ['console'],
		define: { globalThis: globalsObject },
		banner: { js: `const ${globalsObject} = { ${allowedGlobals.join(', ')} };` },
		logLevel: 'warning',
	});
	for (const { path: file, text } of outputFiles) {
		const unknown = [...text.matchAll(new RegExp(`\\b${globalsObject}\\.(\\w+)`, 'g'))].flatMap(([, name = '']) =>
			allowedGlobals.includes(name) ? [] : [name],
		);
		if (unknown.length > 0) throw new Error(`${file} uses what it is not given: ${[...new Set(unknown)].join(', ')}`);
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, text);
	}
	const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
		Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
	);
	const folders = packageFolders(bundled);
	const notices = folders.map((folder) => noticeOf(path.join(projectRoot, folder)));
	writeFileSync(path.join(distFolder, noticesFile), `${[introduction, ...notices].join('\n\n')}\n`);
}

const introduction = `# Third-party notices

The files in \`dist/${librariesFolder}\` are made of these packages, unchanged but shortened: what is not used is left out, \
and so are comments, the names of variables and messages on the console.`;

/** @param files that are in a bundle. @returns the folders of the packages that they belong to, in order */
function packageFolders(files: readonly string[]): string[] {
	const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []);
	return [...new Set(folders)].sort();
}

interface PackageManifest {
	name: string;
	version: string;
	license: string;
	repository: { url: string };
}

function noticeOf(folder: string): string {
	const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as PackageManifest;
	const licenceFile = readdirSync(folder).find((name) => /^licen[cs]e(?:\.md|\.txt)?$/i.test(name));
	if (licenceFile === undefined) throw new Error(`${manifest.name} has no file with its licence`);
	const source = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
	return [
		`## ${manifest.name} ${manifest.version}`,
		`Licence: ${manifest.license}. Source of this version: ${source}, and the package of this name and version on npm.`,
		`\`\`\`text\n${readFileSync(path.join(folder, licenceFile), 'utf8').trim()}\n\`\`\``,
	].join('\n\n');
}
