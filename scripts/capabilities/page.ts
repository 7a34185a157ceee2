import { withGeneratedPart } from '../generatedPart';

/** Relative to the project. */
export const capabilitiesPageFile = 'docs/providers.md';

const part = { file: capabilitiesPageFile, name: 'capabilities', command: 'npm run capabilities' };

/** @throws Error if the page has no place for the tables */
export const withCapabilities = (page: string, tables: string): string => withGeneratedPart(page, part, tables);
