import { withGeneratedPart } from '../generatedPart';

const part = { file: 'README.md', name: 'capabilities', command: 'npm run capabilities' };

/** @throws Error if the README has no place for the tables */
export const withCapabilities = (readme: string, tables: string): string =>
	withGeneratedPart(readme, part, tables);
