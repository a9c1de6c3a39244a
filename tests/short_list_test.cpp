// Lists that are nearly always short, and what happens when they are not.
#include "dissect/short_list.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace whohungup {
namespace {

using List = ShortList<int, 3>;
const List kShort{1, 2, 3};
const List kLong{1, 2, 3, 4, 5, 6, 7};

TEST(ShortList, TakesNoMemoryUntilItIsLong) {
  EXPECT_EQ(kShort.footprint(), 0U);
  EXPECT_GE(kLong.footprint(), 7 * sizeof(int));
}

TEST(ShortList, KeepsItsItemsWhenItGrows) {
  List list;
  std::vector<int> same;
  for (int i = 0; i < 100; ++i) {
    list.push_back(i);
    same.push_back(i);
    ASSERT_EQ(list, same);
  }
}

TEST(ShortList, IsCopiedAndMovedShortOrLong) {
  for (const List& from : {kShort, kLong, List()})
    for (const List& before : {kShort, kLong, List()}) {
      List copy = before, moved = before, source = from;
      copy = from;
      moved = std::move(source);
      EXPECT_EQ(copy, from);
      EXPECT_EQ(moved, from);
      EXPECT_EQ(List(from), from);
      copy.push_back(9);
      EXPECT_NE(copy, from);
    }
}

TEST(ShortList, LeavesOutWhatIsErased) {
  List list = kLong;
  list.erase(list.begin() + 1, list.begin() + 1);
  EXPECT_EQ(list, kLong);
  list.erase(list.begin() + 1, list.end() - 1);
  EXPECT_EQ(list, (List{1, 7}));
  list.assign(kShort);
  list.append(kShort);
  EXPECT_EQ(list, (List{1, 2, 3, 1, 2, 3}));
}

}  // namespace
}  // namespace whohungup
