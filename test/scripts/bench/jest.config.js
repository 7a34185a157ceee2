const endToEnd = require('../../e2e/jest.config');

/** @type {import('jest').Config} */
module.exports = {
	...endToEnd,
	rootDir: '../../..',
	roots: ['<rootDir>/test/scripts/bench'],
	testPathIgnorePatterns: ['/node_modules/'],
	globalSetup: '<rootDir>/test/scripts/bench/globalSetup.ts',
};
