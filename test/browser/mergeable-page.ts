// What a page needs for the tests of mergeable stores, beside Holdfast. Bundled and loaded by the test.

export {awkwardContent} from '../../src/testing/awkward.ts';
export {exactText} from '../../src/testing/exact-text.ts';
