// Stands in for react-native: a test puts the native half of a module in here.
module.exports = {NativeModules: {}};
