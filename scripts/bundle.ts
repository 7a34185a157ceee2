/** Part of `npm run build`: puts the libraries that the nodes use into `dist`, since n8n installs no dependencies. */
import path from 'node:path';
import { bundleLibraries } from './bundle/libraries';

const projectRoot = path.join(__dirname, '..');
bundleLibraries(projectRoot, path.join(projectRoot, 'dist')).catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
