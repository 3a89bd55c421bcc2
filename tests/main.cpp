#define BOOST_TEST_MODULE sgan
#include <boost/test/unit_test.hpp>
