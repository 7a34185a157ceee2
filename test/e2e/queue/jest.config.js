const endToEnd = require('../jest.config');

/** @type {import('jest').Config} */
module.exports = {
	...endToEnd,
	rootDir: '../../..',
	roots: ['<rootDir>/test/e2e/queue'],
	testPathIgnorePatterns: ['/node_modules/'],
	globalSetup: '<rootDir>/test/e2e/queue/support/globalSetup.ts',
	testTimeout: 240_000,
};
