const endToEnd = require('../jest.config');

/** @type {import('jest').Config} */
module.exports = {
	...endToEnd,
	rootDir: '../../..',
	roots: ['<rootDir>/test/e2e/oldest'],
	testPathIgnorePatterns: ['/node_modules/'],
	globalSetup: '<rootDir>/test/e2e/oldest/globalSetup.ts',
	moduleNameMapper: {
		...endToEnd.moduleNameMapper,
		// So that the newest n8n, which brings it to the other tests, need not be there.
		'^zod$': '<rootDir>/harness/n8n/oldest/node_modules/zod',
	},
};
