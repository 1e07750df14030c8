// This file is the entry of the integration tests.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE integration
#include <boost/test/unit_test.hpp>
