#include "bridge/address_list.h"

#include <gmock/gmock.h>

namespace bridge {
namespace {

using boost::asio::ip::make_address;

TEST(AddressList, AllowsNoAddressWhenEmpty) {
  auto list = AddressList::parse({});
  ASSERT_TRUE(list);
  for (const char* address : {"127.0.0.1", "0.0.0.0", "10.0.0.1", "::", "::1", "::ffff:10.0.0.1"}) {
    EXPECT_FALSE(list->contains(make_address(address))) << address;
  }
}

struct Membership {
  const char* list;
  const char* address;
  bool inside;
};

class AddressListMembership : public testing::TestWithParam<Membership> {};

TEST_P(AddressListMembership, IsDecidedByTheBitsOfThePrefix) {
  auto list = AddressList::parse({GetParam().list});
  ASSERT_TRUE(list) << list.error().text;
  EXPECT_EQ(list->contains(make_address(GetParam().address)), GetParam().inside)
      << GetParam().address << " in " << GetParam().list;
}

INSTANTIATE_TEST_SUITE_P(
    Grid, AddressListMembership,
    testing::Values(
        // A single address is a block of its own.
        Membership{"127.0.0.1", "127.0.0.1", true}, Membership{"127.0.0.1", "127.0.0.2", false},
        Membership{"10.1.2.3/32", "10.1.2.3", true}, Membership{"10.1.2.3/32", "10.1.2.2", false},
        Membership{"::1", "::1", true}, Membership{"::1", "::2", false},
        Membership{"2001:db8::7/128", "2001:db8::7", true},
        Membership{"2001:db8::7/128", "2001:db8::6", false},
        // Whole bytes: the first and last address, and one past each end.
        Membership{"10.0.0.0/8", "10.0.0.0", true},
        Membership{"10.0.0.0/8", "10.255.255.255", true},
        Membership{"10.0.0.0/8", "9.255.255.255", false},
        Membership{"10.0.0.0/8", "11.0.0.0", false}, Membership{"fd00::/8", "fd00::", true},
        Membership{"fd00::/8", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
        Membership{"fd00::/8", "fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
        Membership{"fd00::/8", "fe00::", false},
        // Bits within a byte.
        Membership{"172.16.0.0/12", "172.16.0.0", true},
        Membership{"172.16.0.0/12", "172.31.255.255", true},
        Membership{"172.16.0.0/12", "172.15.255.255", false},
        Membership{"172.16.0.0/12", "172.32.0.0", false},
        Membership{"192.0.2.128/25", "192.0.2.128", true},
        Membership{"192.0.2.128/25", "192.0.2.127", false},
        Membership{"192.0.2.4/31", "192.0.2.5", true},
        Membership{"192.0.2.4/31", "192.0.2.6", false},
        Membership{"fe80::/10", "febf:ffff::1", true}, Membership{"fe80::/10", "fec0::", false},
        Membership{"2001:db8::/127", "2001:db8::1", true},
        Membership{"2001:db8::/127", "2001:db8::2", false},
        // Bits after the prefix mean nothing.
        Membership{"10.9.8.7/8", "10.0.0.1", true},
        Membership{"2001:db8::7/32", "2001:db8::1", true},
        // Everything of a family.
        Membership{"0.0.0.0/0", "255.255.255.255", true}, Membership{"0.0.0.0/0", "::1", false},
        Membership{"0.0.0.0/0", "2001:db8::1", false}, Membership{"::/0", "2001:db8::1", true},
        Membership{"128.0.0.0/1", "128.0.0.0", true}, Membership{"128.0.0.0/1", "127.9.9.9", false},
        // An IPv4 address inside IPv6 counts as itself.
        Membership{"10.0.0.0/8", "::ffff:10.1.2.3", true},
        Membership{"10.0.0.0/8", "::ffff:11.1.2.3", false},
        Membership{"::ffff:10.0.0.0/104", "10.1.2.3", true},
        Membership{"::ffff:10.0.0.0/104", "11.1.2.3", false},
        // The long-gone compatible form is no IPv4 address.
        Membership{"10.0.0.0/8", "::10.1.2.3", false}));

TEST(AddressList, AllowsWhatAnyOfItsBlocksHolds) {
  auto list = AddressList::parse({"10.0.0.0/8", "fd00::/8", "192.0.2.1"});
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->contains(make_address("10.1.1.1")));
  EXPECT_TRUE(list->contains(make_address("fd12::1")));
  EXPECT_TRUE(list->contains(make_address("192.0.2.1")));
  EXPECT_FALSE(list->contains(make_address("192.0.2.2")));
}

class AddressListMistake : public testing::TestWithParam<const char*> {};

TEST_P(AddressListMistake, IsToldWithItsText) {
  auto list = AddressList::parse({"10.0.0.0/8", GetParam()});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(list.error().text, testing::HasSubstr(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Grid, AddressListMistake,
                         testing::Values("", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                                         "10.0.0.0/+8", "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/8x",
                                         "10.0.0.0/8/8", "10.0.0.0/4294967304", "10.0.0",
                                         "10.0.0.256", "fd00::/129", "fd00::/-1", "fd00::/",
                                         "fd00:::1", "localhost", "example.com/8", "*"));

}  // namespace
}  // namespace bridge
