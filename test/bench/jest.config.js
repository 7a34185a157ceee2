const endToEnd = require('../e2e/jest.config');

/** @type {import('jest').Config} */
module.exports = {
	...endToEnd,
	roots: ['<rootDir>/test/bench'],
	testPathIgnorePatterns: ['/node_modules/'],
	globalSetup: '<rootDir>/test/bench/globalSetup.ts',
};
